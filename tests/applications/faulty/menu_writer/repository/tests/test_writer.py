from menus.writer import MenuWriter


def test_prompt_names_the_restaurant_and_the_season():
    prompt = MenuWriter("The Anchor", client=object()).system_prompt("autumn")
    assert "Restaurant: The Anchor" in prompt
    assert "Season: autumn" in prompt


def test_prompt_keeps_the_rules():
    assert "Nothing is fried in deep fat" in MenuWriter("Kiln", client=object()).system_prompt("summer")

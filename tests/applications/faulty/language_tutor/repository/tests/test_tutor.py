from types import SimpleNamespace

from tutor.tutor import Tutor


class Model:
    """Answers with how many messages it was sent."""

    def __init__(self):
        self.chat = SimpleNamespace(completions=self)

    def create(self, *, messages, **_):
        message = SimpleNamespace(content=f"{messages[0]['content']} {messages[-1]['content']}")
        return SimpleNamespace(choices=[SimpleNamespace(message=message)])


def test_the_language_and_the_text_are_told():
    tutor = Tutor(Model(), "Danish", "s1")
    assert tutor.reply("Jeg ved det ikke.").endswith("Correct the answer, then go on. Jeg ved det ikke.")


def test_a_second_answer_is_given():
    tutor = Tutor(Model(), "Polish", "s2")
    tutor.reply("one")
    assert tutor.reply("two").endswith("two")

"""Do the menus name restaurant, season and an ingredient? Prints the score."""

import json

import filetrace
from filetrace import openai_calls

from menus.kitchens import KITCHENS
from menus.writer import MenuWriter


def main():
    filetrace.start("menu-writer")
    openai_calls.instrument(convention="openinference")
    good = 0
    for restaurant, season, ingredients in KITCHENS:
        menu = MenuWriter(restaurant).write(season, ingredients)
        good += all(word in menu for word in (restaurant, season, ingredients[0]))
    print(json.dumps({"score": good / len(KITCHENS), "cases": len(KITCHENS)}))


if __name__ == "__main__":
    main()

"""Tomorrow's menus for all kitchens: `python -m menus.nightly`."""

import filetrace
from filetrace import openai_calls

from menus.kitchens import KITCHENS
from menus.writer import MenuWriter

filetrace.start("menu-writer")
openai_calls.instrument(convention="openinference")
for restaurant, season, ingredients in KITCHENS:
    print(MenuWriter(restaurant).write(season, ingredients))

"""What the recipe for prompts makes of a text, placed where it stands, in a repository in memory."""

from __future__ import annotations

from recipe_runs import TESTS, Tree
from repositories import finding, prompt_anchor

from metabot.generate.recipe import Base, NotSure, Written
from metabot.generate.recipes.stable_prompt_prefix import write
from metabot.place.placement import Location, Placed
from metabot.place.texts import texts
from metabot.telemetry.pieces import cut


def prompt_moved(path: str, source: str, fixed: str, **more: str) -> Written | NotSure:
    """`fixed` is what all recorded prompts share; the smallest text that holds most of it is the place."""
    static = {piece.hash for piece in cut(fixed)}
    found = [(text, len(static & {piece.hash for piece in cut(text.text)})) for text in texts(path, source)]
    text = min(found, key=lambda one: (-one[1], one[0].last_line - one[0].first_line, len(one[0].text)))[0]
    location = Location(
        path=path,
        first_line=text.first_line,
        last_line=text.last_line,
        symbol=text.symbol,
        how="prompt text",
        sure=1.0,
        why="",
    )
    base = Base(Tree({path: source, **TESTS, **more}), "a" * 40)
    about = finding("prompt-cache-miss", prompt=prompt_anchor(fixed))
    placed = Placed(finding=about, revision=base.revision, revision_known=True, locations=(location,))
    return write(placed, location, source, base)

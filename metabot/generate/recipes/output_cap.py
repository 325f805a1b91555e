"""Output cap: the limit on an answer's tokens is raised where answers are cut at it, lowered where they run away to it.

Raised, where telemetry shows answers that end at exactly the limit that the code sets: to four times as much, rounded
up to the next 256 and at most 4,096, which every current model may answer. A limit that leaves no room for that, or
that differs from what was seen, is left alone.

    client.chat.completions.create(model=…, messages=…, max_tokens=300)  ->  max_tokens=1280

Lowered, where answers repeat themselves far beyond what is usual: to twice the longest good answer, rounded up to the
next 256, if that is at most half of the limit; a request without a limit gets that one.

It reads `max_tokens`, `max_completion_tokens` and `max_output_tokens` at the request, or follows their names to the one
place that sets them: a constant, a parameter's default, a field of a class, a key of a dictionary or of a TOML, YAML or
JSON file. It leaves alone limits that are computed, come from the environment, or are set in several places.
"""

from __future__ import annotations

import ast
import json
import math
from functools import partial
from typing import Final

import libcst as cst

from metabot.generate.adding import with_field
from metabot.generate.layout import import_name, new_test_path
from metabot.generate.probe.choosing import Chosen, chosen
from metabot.generate.probe.probe import Probe, probe
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written
from metabot.generate.recipes.limit_definition import Definition, definition
from metabot.generate.replacing import replaced
from metabot.generate.settings_files import values
from metabot.generate.settings_files.reading import reading
from metabot.place.placement import Location, Placed
from metabot.render import render

NAME: Final = "output-cap"
WORDS: Final = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_ADDED: Final = {"chat": "max_tokens", "responses": "max_output_tokens", "messages": "max_tokens"}
_STEP: Final = 256  # tokens that a limit is rounded up to
_MOST: Final = 4096  # tokens: the smallest limit on answers among models that providers still offer
_RAISED: Final = 4  # times the limit that answers were cut at
_LOWERED: Final = 2  # times the longest good answer


def write(placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:
    """The change for answers that are cut, or that run away."""
    seen = placed.finding.candidate.output_tokens
    if seen is None:
        return NotSure("telemetry does not tell at how many tokens answers end")
    found = chosen(location, source, base)
    if isinstance(found, NotSure):
        return found
    word = next((word for word in WORDS if word in found.asked.fields), None)
    raises = placed.finding.candidate.analyzer == "truncated-output"
    if word is None:
        return _without_limit(found, seen, base, raises=raises)
    place = definition(found.asked.fields[word], found, base)
    if isinstance(place, NotSure):
        return place
    limit = _raised(place.value, seen) if raises else _lowered(place.value, seen)
    return limit if isinstance(limit, NotSure) else _changed(place, limit, word, found, base, raises=raises)


def _without_limit(found: Chosen, longest_good: int, base: Base, *, raises: bool) -> Written | NotSure:
    """A request that carries no limit gets one, where answers run away."""
    if raises or any(isinstance(one, ast.keyword) and one.arg is None for one in ast.walk(found.asked.body)):
        return NotSure(f"the request of {found.asked.place.symbol or found.path} sets no limit on the answer")
    limit, word = _rounded(_LOWERED * longest_good), _ADDED[found.asked.api]
    after = replaced(found.source, found.asked.body, partial(with_field, name=word, value=str(limit)))
    test = _test(Definition(found.path, 0), limit, word, raises=False, found=found, base=base)
    if isinstance(after, NotSure):
        return after
    if isinstance(test, NotSure):
        return test
    return Written(
        recipe=NAME,
        title=f"Limit answers to {limit:,} tokens",
        summary=(
            f"Some answers repeat themselves far beyond what the good ones need, and the request in `{found.path}` "
            f"carries no limit. It now carries `{word}`, twice the longest good answer."
        ),
        edits=(Edit(path=found.path, before=found.source, after=after),),
        new_test=test,
        changes_prompt=True,
        risks=(
            f"An answer that rightly needs more than {limit:,} tokens is cut.",
            f"A server that calls the limit otherwise than `{word}` refuses the request.",
        ),
    )


def _changed(place: Definition, limit: int, word: str, found: Chosen, base: Base, *, raises: bool) -> Written | NotSure:
    edit = _edited(place, limit, base)
    test = _test(place, limit, word, raises=raises, found=found, base=base)
    if isinstance(edit, NotSure):
        return edit
    return test if isinstance(test, NotSure) else _written(place, limit, word, edit, test, raises=raises)


def _written(place: Definition, limit: int, word: str, edit: Edit, test: NewTest, *, raises: bool) -> Written:
    moved = f"from {place.value:,} to {limit:,} tokens"
    why = (
        f"Answers end at exactly {place.value:,} tokens, the limit that the request carries, instead of at their end."
        if raises
        else "Some answers repeat themselves until the limit ends them, far beyond what the good ones need."
    )
    return Written(
        recipe=NAME,
        title=f"{'Raise' if raises else 'Lower'} the limit on answers {moved}",
        summary=f"{why} `{word}` in `{place.path}` goes {moved}. Nothing else of the request changes.",
        edits=(edit,),
        new_test=test,
        changes_prompt=True,
        risks=(
            "Longer answers take longer and cost more, up to the new limit; an answer that runs away costs most."
            if raises
            else f"An answer that rightly needs more than {limit:,} tokens is cut.",
        ),
    )


def _raised(limit: int, cut_at: int) -> int | NotSure:
    if limit != cut_at:
        return NotSure(f"answers are cut at {cut_at:,} tokens, and the code sets a limit of {limit:,}")
    new = min(_rounded(_RAISED * limit), _MOST)
    if new < 2 * limit:
        return NotSure(f"the limit is {limit:,} tokens, and not every model may answer with twice as many")
    return new


def _lowered(limit: int, longest_good: int) -> int | NotSure:
    new = _rounded(_LOWERED * longest_good)
    if 2 * new > limit:
        return NotSure(f"good answers have up to {longest_good:,} tokens, and the limit of {limit:,} is near that")
    return new


def _rounded(tokens: int) -> int:
    return max(1, math.ceil(tokens / _STEP)) * _STEP


def _edited(place: Definition, limit: int, base: Base) -> Edit | NotSure:
    before = base.read(place.path) or ""
    if place.node is not None:
        after = replaced(
            before, place.node, lambda _: cst.Integer(f"{limit:_}" if "_" in _code(place, before) else str(limit))
        )
    else:
        after = values.replaced(place.path, before, place.keys, limit) or NotSure(
            f"{place.path} cannot be written with the limit changed alone"
        )
    return after if isinstance(after, NotSure) else Edit(path=place.path, before=before, after=after)


def _code(place: Definition, source: str) -> str:
    assert place.node is not None
    line = source.split("\n")[place.node.lineno - 1]
    return line[place.node.col_offset : place.node.end_col_offset]


def _test(place: Definition, limit: int, word: str, *, raises: bool, found: Chosen, base: Base) -> NewTest | NotSure:
    target = new_test_path(place.path, "output_cap", base)
    if isinstance(target, NotSure):
        return target
    how = _reading(place, found, base)
    if isinstance(how, NotSure):
        return how
    text = render(
        "tests/output_cap.py.j2",
        **how,
        up=target.count("/"),
        file=json.dumps(place.path),
        word=word,
        old=place.value,
        new=limit,
        raises=raises,
    )
    return NewTest(path=target, text=text)


def _reading(place: Definition, found: Chosen, base: Base) -> dict[str, object] | NotSure:
    """How the test comes by the limit: from the file, from a name of the module, or from the request itself."""
    how: dict[str, object] = {"library": "", "package": "", "module": "", "expression": "", "probe": ""}
    if place.keys:
        read = reading(place.path, place.keys, base)
        return read if isinstance(read, NotSure) else how | {"library": read.library, "expression": read.expression}
    name = import_name(place.path, base.files)
    if place.read_by is not None and isinstance(name, str):
        package, _, module = name.rpartition(".")
        return how | {"package": package, "module": module, "expression": place.read_by}
    made: Probe | NotSure = probe(found.asked, found.tree, found.path, base)
    return made if isinstance(made, NotSure) else how | {"probe": made}

"""The new test for a prompt that a method, a coroutine or a function without annotations builds, or sends itself."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from metabot.generate.layout import new_test_path
from metabot.generate.probe.asked import Place, asked, places
from metabot.generate.probe.calling import Sample
from metabot.generate.probe.probe import Probe, call_of, probe
from metabot.generate.proposal import NewTest
from metabot.generate.recipe import Base, NotSure
from metabot.generate.recipes.prompt_values import behind
from metabot.place.parsing import parse
from metabot.render import render

_MOMENTS = tuple(
    f"datetime.datetime({moment}, tzinfo=datetime.timezone.utc)"
    for moment in ("2026, 1, 2, 3, 4, 5", "2031, 11, 24, 16, 37, 48")
)


def of_call(
    path: str, source: str, base: Base, *, symbol: str, moved: tuple[str, ...], share: float, returned: bool
) -> NewTest | NotSure:
    """It calls the function twice, with other values, and looks at what it returns or would send."""
    tree = parse(source)
    place = next(one for one in places(tree) if one.symbol == symbol)
    target = new_test_path(path, "stable_prompt_prefix", base)
    found = call_of(place, tree, path, base) if returned else _sending(place, path, source, base)
    for part in (target, found):
        if isinstance(part, NotSure):
            return part
    assert isinstance(target, str)
    assert isinstance(found, Probe)
    values = tuple(_timed(one, moved) for one in found.values)
    changing = behind(place, moved) & {one.name for one in values if one.one != one.other}
    if not changing:
        return NotSure(f"what changes in the prompt does not come from an argument of {symbol} that a test can vary")
    text = render(
        "tests/stable_prompt_call.py.j2",
        probe=replace(found, values=values),
        up=target.count("/"),
        returned=returned,
        changing=json.dumps(sorted(changing)),
        share=f"{share:.2f}",
    )
    return NewTest(path=target, text=text)


def _sending(place: Place, path: str, source: str, base: Base) -> Probe | NotSure:
    tree = parse(source)
    sent = [one for one in asked(tree) if one.place.symbol == place.symbol]
    if len(sent) != 1:
        return NotSure(f"{place.symbol} is not known to return the prompt, and makes {len(sent)} requests to a model")
    return probe(sent[0], tree, path, base)


def _timed(sample: Sample, moved: tuple[str, ...]) -> Sample:
    """What is written as a time without being annotated is given a time."""
    name = re.escape(sample.name.rpartition(".")[2])
    shown = any(re.search(rf"\b{name}(:[^}}]*%|\.isoformat|\.strftime)", one) for one in moved)
    untyped = sample.one.startswith('"first ')
    return Sample(sample.name, *_MOMENTS) if shown and untyped else sample

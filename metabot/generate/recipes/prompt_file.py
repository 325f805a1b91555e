"""A prompt that stands in a file of its own, or as a text in a YAML, JSON or TOML file: its lines in another order."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from metabot.generate.recipe import NotSure
from metabot.generate.recipes.prompt_order import Item, move
from metabot.generate.recipes.prompt_placeholders import balanced, changes, placeholders, weight
from metabot.generate.settings_files.values import READ, Keys, at, loaded, replaced, values

_FRONT_MATTER: Final = re.compile(r"\A---\r?\n.*?\r?\n---\r?\n", re.DOTALL)
_STEP: Final = 0.05  # the test asks for the share of fixed text in front, rounded down to this


@dataclass(frozen=True, slots=True)
class Turned:
    """A template with its changing lines behind its fixed ones."""

    text: str
    changing: tuple[str, ...]  # the placeholders, as written
    share: float  # of its fixed characters that now stand before the first placeholder


@dataclass(frozen=True, slots=True)
class TurnedFile:
    after: str
    keys: Keys  # where the text stands in the file; none: the file is the text
    turned: Turned


def turned_file(path: str, source: str, static: frozenset[int]) -> TurnedFile | NotSure:
    """The file with its prompt's fixed text first."""
    if not path.endswith(READ):
        head = found[0] if (found := _FRONT_MATTER.match(source)) else ""
        turned = turned_template(source.removeprefix(head), static)
        return turned if isinstance(turned, NotSure) else TurnedFile(head + turned.text, (), turned)
    texts = [one for one in values(path, source) if isinstance(one.value, str)]
    best = max(texts, key=lambda one: _weight(str(one.value), static), default=None)
    if best is None or not _weight(str(best.value), static):
        return NotSure("no text of the file holds the prompt")
    turned = turned_template(str(best.value), static)
    if isinstance(turned, NotSure):
        return turned
    after = replaced(path, source, best.keys, turned.text)
    if after is None or at(loaded(path, after), best.keys) != turned.text:
        return NotSure("the text is written in a way that cannot be kept when its lines change places")
    return TurnedFile(after, best.keys, turned)


def turned_template(text: str, static: frozenset[int]) -> Turned | NotSure:
    """The lines of a template, in another order; a placeholder never passes another one."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(end)
    items = [
        Item(code=line, text=None if changes(line, static) else line, weight=weight(line, static)) for line in lines
    ]
    found = move(items)
    if isinstance(found, NotSure):
        return found
    parts = (lines[: found.lead], lines[found.lead : found.lead_end], lines[found.fixed_end :])
    if not all(balanced(part) for part in parts):
        return NotSure("a statement of the template would be parted from its end")
    new = [lines[index] for index in found.order(len(lines))]
    written = dict.fromkeys(one for line in new for one in placeholders(line, static))
    first = next(index for index, line in enumerate(new) if changes(line, static))
    fixed = [0 if changes(line, static) else len(line) + 1 for line in new]
    share = min(0.95, math.floor(sum(fixed[:first]) / sum(fixed) / _STEP) * _STEP)
    return Turned(end.join(new), tuple(written), share)


def _weight(text: str, static: frozenset[int]) -> int:
    return sum(weight(line, static) for line in text.split("\n"))

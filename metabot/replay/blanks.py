"""Puts back into a redacted answer what the request itself says: an address that a tool has to be called with.

A cassette holds no personal data, so where a customer's address stood, an answer says `[redacted: e-mail address]`. It
also says what stood around such a place in the request. If these surroundings hold one value and no other in the
request that is answered now, that value is what the model would have repeated; otherwise the answer stays redacted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

Blanks = Mapping[str, Sequence[tuple[str, str]]]
"""Of each kind of data, what stands before and after it in the request."""

PLACE: Final = re.compile(r"\[redacted: ([a-zA-Z -]+)\]")
_AROUND: Final = 40  # characters on each side, of the same line
_KEPT: Final = 8  # places of one kind


def blanks_of(answers: Iterable[str], texts: Iterable[str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Of what was taken out of the answer, where the request's texts, redacted as well, hold the same kind."""
    wanted = {kind for answer in answers for kind in PLACE.findall(answer)}
    places: dict[str, dict[tuple[str, str], None]] = {}
    for kind, around in (found for text in texts for found in _places(text)):
        of_kind = places.setdefault(kind, {})
        if kind in wanted and any(around) and len(of_kind) < _KEPT:
            of_kind[around] = None
    return {kind: tuple(of_kind) for kind, of_kind in places.items() if of_kind}


def filled(answer: str, blanks: Blanks, texts: Sequence[str], *, is_json: bool = False) -> str:
    """`is_json`: the answer is the text of a JSON value, in whose strings the values stand."""

    def value(place: re.Match[str]) -> str:
        found = _value(blanks.get(place[1], ()), texts)
        if found is None:
            return place[0]
        return json.dumps(found)[1:-1] if is_json else found

    return PLACE.sub(value, answer) if blanks else answer


def _value(around: Iterable[tuple[str, str]], texts: Sequence[str]) -> str | None:
    found: set[str] = set()
    for before, after in around:
        ended = re.escape(after) if after else r"(?=\n|\Z)"
        pattern = re.compile(re.escape(before) + r"([^\n]{1,200}?)" + ended)
        found |= {match[1] for text in texts for match in pattern.finditer(text)}
    return found.pop() if len(found) == 1 else None


def _places(text: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for line in text.split("\n"):
        parts = PLACE.split(line)  # text, kind, text, kind, … text
        for place in range(1, len(parts), 2):
            yield parts[place], (parts[place - 1][-_AROUND:], parts[place + 1][:_AROUND])

"""What the model is asked to answer, and how its answer is read.

The answer is one JSON object, asked for as a JSON Schema where the server can hold the model to it. Reading is lenient
about what stands around the object (a fence, a sentence, raw line breaks within strings) and strict about the object
itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

_MOST_EDITS: Final = 20
_MOST_RISKS: Final = 5
_LONGEST: Final = 60_000  # characters of one text: more is no small change
_TRIED: Final = 50  # opening braces at which the object may begin
_BRACE: Final = re.compile(r"\{")


class _Part(BaseModel):
    model_config = ConfigDict(
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        json_schema_extra={"additionalProperties": False},  # OpenAI's strict mode wants it said
    )


class Replacement(_Part):
    """One exact piece of one file, and what stands there afterwards."""

    path: str
    search: str
    replace: str


class WrittenFile(_Part):
    path: str
    text: str


class Answer(_Part):
    title: str
    summary: str
    edits: list[Replacement]
    new_test: WrittenFile
    measure: str
    prediction: float
    risks: list[str]


SCHEMA: Final[Mapping[str, object]] = Answer.model_json_schema()


def read(text: str) -> Answer | str:
    """The answer, or in one sentence why there is none that can be used."""
    wrong = "it holds no JSON object with the asked keys"
    for found in _objects(text):
        try:
            answer = Answer.model_validate(found)
        except ValidationError as error:
            wrong = _told(error)
            continue
        return _fault(answer) or answer
    return wrong


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every JSON object of the text that looks like an answer, in order."""
    decoder = json.JSONDecoder(strict=False)
    beginnings = (match.start() for match in _BRACE.finditer(text))
    for start, _ in zip(beginnings, range(_TRIED), strict=False):
        try:
            found, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and "edits" in found:
            yield found


def _told(error: ValidationError) -> str:
    wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg'].lower()}" for one in error.errors()[:5]]
    return f"its JSON object is not as asked ({'; '.join(wrong)})"


def _fault(answer: Answer) -> str | None:
    if not answer.edits:
        return "it edits nothing"
    if len(answer.edits) > _MOST_EDITS:
        return f"it makes {len(answer.edits)} edits; {_MOST_EDITS} are the most"
    if len(answer.risks) > _MOST_RISKS:
        return f"it names {len(answer.risks)} risks; {_MOST_RISKS} are the most"
    texts = [answer.summary, answer.measure, answer.new_test.text, *answer.risks]
    texts += [part for edit in answer.edits for part in (edit.path, edit.search, edit.replace)]
    if any(len(text) > _LONGEST for text in texts):
        return f"one of its texts has more than {_LONGEST:,} characters"
    if not answer.title.strip() or not answer.summary.strip() or not answer.new_test.text.strip():
        return "title, summary or test is empty"
    return None

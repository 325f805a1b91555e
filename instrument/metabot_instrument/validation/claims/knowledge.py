"""What an application knows: facts of a subject and an attribute with its right values, and plain sentences."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

Value: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Fact:
    """Each of `values` is right. A number may have a `unit` and differ by `tolerance`, a share of it."""

    subject: str
    attribute: str
    values: tuple[Value, ...]
    unit: str = ""
    tolerance: float = 0.0
    called: tuple[str, ...] = ()  # other names of the subject
    said: tuple[str, ...] = ()  # other words for the attribute


class KnowledgeBase(Protocol):
    def facts(self) -> Sequence[Fact]: ...

    def sentences(self) -> Sequence[str]:
        """Plain sentences that are true."""


@dataclass(frozen=True, slots=True)
class Known:
    """A knowledge base of what was given."""

    given: tuple[Fact, ...] = ()
    plain: tuple[str, ...] = ()

    def facts(self) -> Sequence[Fact]:
        return self.given

    def sentences(self) -> Sequence[str]:
        return self.plain


def knowledge(source: KnowledgeBase | Mapping[str, Any] | Iterable[Any] | str | Path) -> KnowledgeBase:
    """From a path of a JSON file, a mapping `subject → attribute → value or values`, or a list of facts and sentences.

    In a list a text is a sentence and a mapping has the names of `Fact`, with `value` for a single one. Raises
    ValueError where that is something else.
    """
    if isinstance(source, str | Path):
        return knowledge(_read(Path(source)))
    if isinstance(source, Mapping):
        if set(source) <= {"facts", "sentences"}:
            return knowledge([*source.get("facts", ()), *source.get("sentences", ())])
        return Known(tuple(_fact(subject, name, value) for subject, name, value in _flat(source)))
    if isinstance(source, Iterable):
        entries = list(source)
        facts = tuple(_entry(each) for each in entries if not isinstance(each, str))
        return Known(facts, tuple(each for each in entries if isinstance(each, str)))
    return source


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        reason = f"{path}: this knowledge cannot be read ({error}).\n  Give the path of a JSON file with facts."
        raise ValueError(reason) from error


def _flat(source: Mapping[str, Any]) -> Iterable[tuple[str, str, Any]]:
    for subject, attributes in source.items():
        if not isinstance(attributes, Mapping):
            wrong = f"knowledge: {subject!r} has no attributes.\n  Write subject → attribute → value."
            raise ValueError(wrong)  # noqa: TRY004  # a wrong setting, as everywhere
        for name, value in attributes.items():
            yield subject, name, value


def _fact(subject: str, attribute: str, value: Any) -> Fact:
    if isinstance(value, Mapping):
        return _entry({"subject": subject, "attribute": attribute, **value})
    return _entry({"subject": subject, "attribute": attribute, "value": value})


def _entry(entry: Any) -> Fact:
    if isinstance(entry, Fact):
        return entry
    if not isinstance(entry, Mapping):
        wrong = f"knowledge: {entry!r} is no fact.\n  Write a mapping with subject, attribute and value."
        raise ValueError(wrong)  # noqa: TRY004  # a wrong setting, as everywhere
    named = dict(entry)
    value = named.pop("value", named.pop("values", None))
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not values or not all(isinstance(each, str | int | float) for each in values):
        raise ValueError(
            f"knowledge: {named.get('subject')!r} has no value for {named.get('attribute')!r}.\n"
            "  Write a text, a number, true, false, or a list of these."
        )
    for names in ("called", "said"):
        named[names] = tuple(named.get(names, ()))
    try:
        return Fact(values=values, **named)
    except TypeError as error:
        raise ValueError(f"knowledge: {dict(entry)!r}: {error}.\n  A fact has {', '.join(Fact.__slots__)}.") from error

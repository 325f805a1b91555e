"""The values of JSON, YAML and TOML files with the lines that they stand on.

The files are read as they are written, line by line: JSON by its tokens, YAML by the events of its parser (aliases are
not followed), TOML by its strings. A file that its own format's parser refuses holds nothing.
"""

from __future__ import annotations

import json
import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

STRUCTURED: Final = (".json", ".yaml", ".yml", ".toml")
_LARGEST_YAML: Final = 100_000  # characters: its parser reads some 40,000 a second

_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\]:,"]+', re.DOTALL)
_TOML_TOKEN: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'|#[^\n]*", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Value:
    text: str
    first_line: int
    last_line: int


@dataclass(slots=True)
class Block:
    """A mapping or a list: its own scalar values, by their keys where it is a mapping."""

    mapping: bool
    first_line: int
    parent: Block | None
    last_line: int = 0
    key: str | None = None  # under which it stands in its parent
    pairs: list[tuple[str | None, Value]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    pending: str | None = None  # a key whose value comes next


def blocks(path: str, text: str) -> tuple[Block, ...]:
    """The mappings and lists of a JSON or YAML file, outer ones first; a TOML file is one list of its strings."""
    if path.endswith(".json"):
        return _json(text)
    if path.endswith(".toml"):
        return _toml(text)
    return _yaml(text)


class _Builder:
    """Blocks out of what a file opens, closes and holds, in order."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._inside: Block | None = None
        self._ended = 1

    def open(self, line: int, *, mapping: bool) -> None:
        block = Block(mapping, line, self._inside, key=self._key())
        self.blocks.append(block)
        self._inside = block

    def close(self, line: int) -> None:
        """`line` is where the closing bracket stands; in YAML, which has none, where the last value ended."""
        if self._inside is not None:
            self._inside.last_line = max(line, self._ended)
            self._inside = self._inside.parent

    def scalar(self, value: Value) -> None:
        inside = self._inside
        self._ended = value.last_line
        if inside is None:
            return
        if inside.mapping and inside.pending is None:
            inside.pending = value.text
            inside.keys.add(value.text)
            return
        inside.pairs.append((self._key(), value))

    def _key(self) -> str | None:
        """The key that is waiting for its value, which this is."""
        if self._inside is None:
            return None
        key, self._inside.pending = self._inside.pending, None
        return key


def _json(text: str) -> tuple[Block, ...]:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return ()
    builder, lines = _Builder(), _Lines(text)
    for token in _JSON_TOKEN.finditer(text):
        word = token.group()
        if word in "{[":
            builder.open(lines.at(token.start()), mapping=word == "{")
        elif word in "}]":
            builder.close(lines.at(token.start()))
        else:
            written = json.loads(word, strict=False) if word[0] == '"' else word
            builder.scalar(Value(written, lines.at(token.start()), lines.at(token.start())))
    return tuple(builder.blocks)


def _yaml(text: str) -> tuple[Block, ...]:
    if len(text) > _LARGEST_YAML:
        return ()
    builder, lines = _Builder(), text.split("\n")
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            _take(builder, event, lines)
    except (YAMLError, ValueError):
        return ()
    return tuple(builder.blocks)


def _take(builder: _Builder, event: Event, lines: list[str]) -> None:
    first, last = event.start_mark.line + 1, event.end_mark.line + (event.end_mark.column > 0)
    while last > first and not lines[min(last, len(lines)) - 1].strip():  # a value ends before the lines that part it
        last -= 1
    match event:
        case MappingStartEvent():
            builder.open(first, mapping=True)
        case SequenceStartEvent():
            builder.open(first, mapping=False)
        case MappingEndEvent() | SequenceEndEvent():
            builder.close(last if event.end_mark.index > event.start_mark.index else 1)
        case ScalarEvent():
            builder.scalar(Value(event.value, first, max(first, last)))
        case AliasEvent():  # a value that stands elsewhere
            builder.scalar(Value("", first, first))


def _toml(text: str) -> tuple[Block, ...]:
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return ()
    lines = _Lines(text)
    found = Block(mapping=False, first_line=1, parent=None, last_line=lines.last)
    for token in _TOML_TOKEN.finditer(text):
        if not token.group().startswith("#"):
            value = _toml_string(token.group())
            found.pairs.append((None, Value(value, lines.at(token.start()), lines.at(token.end() - 1))))
    return (found,)


def _toml_string(token: str) -> str:
    try:
        return str(tomllib.loads(f"a = {token}")["a"])
    except ValueError:  # a quotation mark that stands where no string begins
        return ""


class _Lines:
    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    @property
    def last(self) -> int:
        return len(self._starts)

    def at(self, place: int) -> int:
        return bisect_right(self._starts, place)


def definitions(path: str, text: str, name: str, schema_keys: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Lines of the mappings that define something of this name: by a key `name` beside a schema's, or by their own."""
    if not path.endswith(".json") and not _names(text, name):
        return
    for block in blocks(path, text):
        by_name = ("name", name) in ((key, value.text) for key, value in block.pairs)
        described = not block.keys.isdisjoint(schema_keys)
        if block.mapping and described and (by_name or block.key == name):
            around = block.parent if block.key == "function" and block.parent is not None else block
            yield around.first_line, around.last_line


def _names(text: str, name: str) -> bool:
    """A line of YAML that may define it: only then is the file worth its slow parser."""
    word = rf"[\"']?{re.escape(name)}[\"']?"
    return re.search(rf"\bname[\"']?:[ \t]*{word}|^[ \t-]*{word}[ \t]*:", text, re.MULTILINE) is not None

"""The texts of a repository at one commit, read once for all findings, and whose they are.

Tests and what they hold are left out: they repeat names and prompts that stand elsewhere. A vendored copy or a
generated file is kept and marked: a change there would be lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from metabot.git import Repository
from metabot.place.placement import How, Location

Origin = Literal["own", "vendored copy", "generated file"]

_SUFFIXES: Final = (
    ".py", ".txt", ".md", ".j2", ".jinja", ".jinja2", ".prompt", ".mustache", ".yaml", ".yml", ".json", ".toml",
)  # fmt: skip
LARGEST: Final = 1_000_000  # bytes: larger files are data
_ALL: Final = 300_000_000  # characters held in memory; what comes after them is not searched
_TEST: Final = re.compile(r"(^|/)(tests?|testing|fixtures)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")
_VENDORED: Final = re.compile(
    r"(^|/)(_?vendor(ed)?|third_?party|external|node_modules|site-packages|\.?venv)/|^(build|dist)/", re.IGNORECASE
)
_GENERATED_NAME: Final = re.compile(r"_pb2(_grpc)?\.py$|\.generated\.|(^|/)generated/|_generated\.")
_GENERATED_WORDS: Final = re.compile(
    r"^[ \t]*(?:#|//|<!--)[^\n]*(?:@generated|DO NOT EDIT|[Aa]uto-?generated|[Aa]utomatically generated)", re.MULTILINE
)
_COMMON: Final = 400  # files that hold a name: it is a word of the language, and parsing them all takes its time
_HEAD: Final = 400  # characters of a file in which a generator says so
_NOT_OWN: Final = 0.5  # of the sureness: below what is worth a change, and still named in the report


@dataclass(frozen=True, slots=True)
class Source:
    path: str
    text: str
    origin: Origin

    def location(self, symbol: str | None, lines: tuple[int, int], *, how: How, sure: float, why: str) -> Location:
        """A place in this file, less sure where the file is not the repository's own."""
        own = self.origin == "own"
        return Location(
            path=self.path,
            first_line=lines[0],
            last_line=lines[1],
            symbol=symbol,
            how=how,
            sure=round(sure if own else sure * _NOT_OWN, 2),
            why=why if own else f"{why}; the file is a {self.origin}",
        )


@dataclass(frozen=True, slots=True)
class Sources:
    """In git's order."""

    files: tuple[Source, ...]

    def holding(self, suffixes: tuple[str, ...], *words: str) -> tuple[Source, ...]:
        """Files of these kinds that hold one of the words; none where so many do that the words say nothing."""
        found = [one for one in self.files if one.path.endswith(suffixes) and any(word in one.text for word in words)]
        return tuple(found) if len(found) <= _COMMON else ()


def sources(repository: Repository, revision: str) -> Sources:
    """What placing searches of a commit; the last two commits are kept."""
    return _read(repository.path, revision)


def origin(path: str, text: str) -> Origin:
    if _VENDORED.search(path):
        return "vendored copy"
    generated = _GENERATED_NAME.search(path) or _GENERATED_WORDS.search(text, 0, _HEAD)
    return "generated file" if generated else "own"


@lru_cache(maxsize=2)  # a commit never changes; two findings of one pass may name two
def _read(path: Path, revision: str) -> Sources:
    repository = Repository(path)
    wanted = [path for path in repository.files(revision) if path.endswith(_SUFFIXES) and not _TEST.search(path)]
    found: list[Source] = []
    room = _ALL
    for name, text in repository.texts(revision, wanted, largest=LARGEST):
        room -= len(text)
        if room < 0:
            break
        found.append(Source(name, text, origin(name, text)))
    return Sources(tuple(found))

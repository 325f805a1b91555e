"""Paths and symbols in a text, and whether the finding or the change has them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from metabot.generate.proposal import Edit
from metabot.place.placement import Placed

_ENDINGS: Final = "py|pyi|ipynb|toml|ya?ml|json|jsonl|md|rst|txt|ini|cfg|env|jinja2?|j2|js|ts|tsx|sh|html|sql|lock"
_PATH: Final = re.compile(
    rf"(?<![\w/.-])(?:~/|\.{{1,2}}/|/)?(?:[\w.-]+/)*[\w-][\w.-]*\.(?:{_ENDINGS})(?![\w/])"
    r"|(?<![\w/.-])(?:~/|\.{1,2}/|/)(?:[\w.-]+/?)+|(?<![\w/.-])(?:[\w.-]+/){2,}[\w.-]*|(?<![\w/])\.(?:github|git|env)\b"
)
_QUOTED: Final = re.compile(r"`([^`]*)`")
_SYMBOL: Final = re.compile(
    r"(?<![\w.])(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?=\()"  # call(
    r"|(?<![\w.])(?:[A-Za-z_]\w*\.)*[A-Za-z]\w*_\w+"  # with_an_underscore
    r"|(?<![\w.])[a-z_]\w+(?:\.[a-z_]\w+)+"  # dotted.name
)
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Known:
    """What may be named."""

    paths: Collection[str]
    words: Collection[str]
    text: str  # of the edited files before and after

    @classmethod
    def of(cls, placed: Placed, edits: Sequence[Edit], paths: Collection[str]) -> Known:
        places = placed.locations
        subject = placed.finding.candidate.subject
        names = [subject.service, subject.operation, subject.detail or "", placed.finding.candidate.analyzer]
        texts = [*(one.symbol or "" for one in places), *names, *(part for e in edits for part in (e.before, e.after))]
        text = "\n".join(texts)
        named = {*paths, *(one.path for one in places), *(edit.path for edit in edits)}
        of_paths = {word for path in named for word in _WORD.findall(path)}
        return cls(named, {*_WORD.findall(text), *of_paths, *keyword.kwlist}, text)


def unknown_names(sentence: str, known: Known) -> list[str]:
    """The paths and symbols of a sentence that nothing known has."""
    paths = [path.rstrip(".") for path in _PATH.findall(sentence)]
    rest = _PATH.sub(" ", sentence)
    quoted = _QUOTED.findall(rest)
    symbols = [*_SYMBOL.findall(_QUOTED.sub(" ", rest)), *quoted]
    strange = [path for path in paths if not _is_known(path, known)]
    return [*strange, *(symbol for symbol in symbols if not set(_WORD.findall(symbol)) <= set(known.words))]


def _is_known(path: str, known: Known) -> bool:
    """Whole, or by its last parts; or as the edited code itself names it."""
    parts = PurePosixPath(path).parts
    ends = any(PurePosixPath(one).parts[-len(parts) :] == parts for one in known.paths)
    return ends or path in known.text

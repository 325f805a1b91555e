"""Recorded paths against the repository's own: the recorded one only selects, it is never opened or written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Where installed libraries and the interpreter's own modules stand; code there is not the repository's.
_LIBRARY: Final = re.compile(
    r"(^|/)(site-packages|dist-packages|node_modules)/"
    r"|^/usr/(local/)?lib(64)?/"
    r"|/lib/python\d[\d.]*/"
    r"|^<"  # <frozen importlib._bootstrap>, <string>
)
_SOURCE_ROOTS: Final = ("src", "lib")  # folders that hold packages and are no part of a module's name


@dataclass(frozen=True, slots=True)
class Match:
    """A path of the repository and how well the recorded path agrees with it."""

    path: str
    shared: int  # how many last components are equal
    whole: bool  # one of the two ends with all of the other, a source root aside


def is_library(recorded: str) -> bool:
    return _LIBRARY.search(_slashes(recorded)) is not None


def best_matches(recorded: str, files: Sequence[str]) -> tuple[Match, ...]:
    """The files that share the longest ending with the recorded path or dotted module; all that tie."""
    return _longest(_slashes(recorded), files) or _longest(recorded.strip().replace(".", "/") + ".py", files)


def module_parts(path: str) -> tuple[str, ...]:
    """`src/support/tools.py` is the module support.tools, `support/__init__.py` the package support."""
    parts = tuple(path.removesuffix(".py").split("/"))
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return parts[1:] if parts[:1] and parts[0] in _SOURCE_ROOTS else parts


def _longest(recorded: str, files: Sequence[str]) -> tuple[Match, ...]:
    wanted = tuple(part for part in recorded.split("/") if part not in ("", "."))
    matches = [match for path in files if (match := _match(path, wanted)) is not None]
    longest = max((match.shared for match in matches), default=0)
    return tuple(match for match in matches if match.shared == longest)


def _match(path: str, wanted: tuple[str, ...]) -> Match | None:
    ours = tuple(path.split("/"))
    shared = 0
    for mine, theirs in zip(reversed(ours), reversed(wanted), strict=False):
        if mine != theirs:
            break
        shared += 1
    own = len(ours) - (ours[0] in _SOURCE_ROOTS)
    return Match(path, shared, whole=shared >= own or shared == len(wanted)) if shared else None


def _slashes(recorded: str) -> str:
    return recorded.strip().removeprefix("file://").replace("\\", "/")

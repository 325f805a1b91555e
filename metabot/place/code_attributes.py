"""Placing by what telemetry says about its own code: `code.file.path`, `code.function.name`, `code.line.number`.

A recorded path is only compared with the repository's own paths, from its end: /app/support/tools.py in a container is
src/support/tools.py here. A recorded name must not contradict what the file holds. Frames of installed libraries do
not count; the next anchor does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analyzers.finding import CodeAnchor
from metabot.git import Repository
from metabot.place.functions import Function, enclosing, functions, name_parts, named
from metabot.place.paths import best_matches, is_library, module_parts
from metabot.place.placement import Location
from metabot.place.several import Several


@dataclass(frozen=True, slots=True)
class _Hit:
    path: str
    function: Function | None
    whole: bool  # the paths agree to the end of one of them
    drifted: bool  # the recorded line is not in the recorded function: the source changed since


def by_code(anchors: Sequence[CodeAnchor], repository: Repository, revision: str) -> tuple[Location, ...] | Several:
    """A location for each anchor that has one, in the anchors' order; `Several` where the first is unclear."""
    found: list[Location] = []
    for anchor in anchors:
        hits = _closest(_hits(anchor, repository, revision), anchor.line)
        if len(hits) > 1 and not found:
            return Several(tuple(dict.fromkeys(_place(hit) for hit in hits)))
        if len(hits) == 1 and (location := _location(hits[0], anchor.line)) not in found:
            found.append(location)
    return tuple(found)


def _hits(anchor: CodeAnchor, repository: Repository, revision: str) -> list[_Hit]:
    file = anchor.file.raw_for_storage() if anchor.file is not None else None
    name = anchor.function.raw_for_storage() if anchor.function is not None else ""
    wanted = name_parts(name)
    if file is not None and is_library(file):
        return []
    if file is None:
        return _by_name_alone(wanted, repository, revision)
    hits: list[_Hit] = []
    for match in best_matches(file, repository.files(revision)):
        source = repository.read(revision, match.path)
        if source is None:
            continue
        fitting = _in_file(source, match.path, wanted, anchor.line)
        # An equal file name in another folder says little: there the recorded function must be found too.
        if match.whole or (wanted and fitting):
            hits += [_Hit(match.path, one, match.whole, _drifted(one, anchor.line)) for one in fitting]
    return hits


def _in_file(source: str, path: str, wanted: tuple[str, ...], line: int | None) -> tuple[Function | None, ...]:
    found = functions(source)
    if wanted:
        return named(found, wanted, module_parts(path))
    if line is None or line > source.count("\n") + 1:
        return ()
    return (enclosing(found, line),)


def _by_name_alone(wanted: tuple[str, ...], repository: Repository, revision: str) -> list[_Hit]:
    """A name that brings its module along (`support.tools.get`) needs no path; a bare one would be guessing."""
    hits: list[_Hit] = []
    for path in repository.files(revision):
        module = module_parts(path)
        if len(wanted) < 2 or not path.endswith(".py") or not module or module[-1] not in wanted[:-1]:
            continue
        source = repository.read(revision, path) or ""
        in_module = [one for one in functions(source) if len(one.parts) < len(wanted)]
        hits += [_Hit(path, one, whole=True, drifted=False) for one in named(in_module, wanted, module)]
    return hits


def _drifted(function: Function | None, line: int | None) -> bool:
    return function is not None and line is not None and not function.holds(line)


def _closest(hits: list[_Hit], line: int | None) -> list[_Hit]:
    """The recorded line breaks a tie."""
    if len(hits) > 1 and line is not None:
        holding = [hit for hit in hits if hit.function is not None and hit.function.holds(line)]
        return holding if len(holding) == 1 else hits
    return hits


def _location(hit: _Hit, line: int | None) -> Location:
    function = hit.function
    first = function.first_line if function is not None else line or 1
    sure = (1.0 if hit.whole else 0.9) * (0.9 if hit.drifted else 1.0)
    what = "function name" if function is not None else "line"
    why = f"the recorded path and {what} fit here{'' if hit.whole else ' and nowhere else'}"
    return Location(
        path=hit.path,
        first_line=first,
        last_line=function.last_line if function is not None else first,
        symbol=function.symbol if function is not None else None,
        how="code attribute",
        sure=round(sure, 2),
        why=why + ("; its lines moved since" if hit.drifted else ""),
    )


def _place(hit: _Hit) -> str:
    return f"{hit.path}:{hit.function.symbol}" if hit.function is not None else hit.path

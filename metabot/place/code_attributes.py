"""Placing by what telemetry says about its own code: `code.file.path`, `code.function.name`, `code.line.number`.

A recorded path is only compared with the repository's own paths, from its end: /app/support/tools.py in a container is
src/support/tools.py here. A recorded name must not contradict what the file holds. Frames of installed libraries do
not count; the next anchor does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analyzers.finding import CodeAnchor
from metabot.git import Repository
from metabot.place.functions import Function, enclosing, functions, name_parts, named
from metabot.place.paths import best_matches, is_library, module_parts
from metabot.place.placement import Location
from metabot.place.several import Several
from metabot.place.sources import LARGEST, Source, Sources, origin, sources

_ANCHORS: Final = 16  # the most common ones; an analyzer hands on six
_RAISED: Final = 0.95  # of the sureness: where an error is raised is mostly where it can be mended
_LONGEST: Final = 4096  # characters of a path or a name, at its end: no system has longer ones


@dataclass(frozen=True, slots=True)
class _Hit:
    path: str
    function: Function | None
    whole: bool  # the paths agree to the end of one of them
    drifted: bool  # the recorded line is not in the recorded function: the source changed since


def by_code(
    anchors: Sequence[CodeAnchor], repository: Repository, revision: str, *, weight: float = 1.0
) -> tuple[Location, ...] | Several:
    """A location for each anchor that has one, in the anchors' order; `Several` where the first is unclear.

    `weight`: how much the anchors count, of the finding's own.
    """
    found: list[Location] = []
    for anchor in anchors[:_ANCHORS]:
        hits = _closest(_hits(anchor, repository, revision), anchor.line)
        if len(hits) > 1 and not found:
            return Several(tuple(dict.fromkeys(_place(hit) for hit in hits)))
        if len(hits) == 1:
            text = repository.read(revision, hits[0].path) or ""
            source = Source(hits[0].path, text, origin(hits[0].path, text))
            found.append(_location(hits[0], anchor, source, weight))
    return tuple(dict.fromkeys(found))


def _hits(anchor: CodeAnchor, repository: Repository, revision: str) -> list[_Hit]:
    file = anchor.file.raw_for_storage()[-_LONGEST:] if anchor.file is not None else None
    name = anchor.function.raw_for_storage()[-_LONGEST:] if anchor.function is not None else ""
    wanted = name_parts(name)
    if file is not None and is_library(file):
        return []
    if file is None:
        return _by_name_alone(wanted, repository, revision)
    hits: list[_Hit] = []
    matches = best_matches(_with_package(file, wanted), repository.files(revision))
    # Together: of a file name such as __init__.py there may be thousands.
    texts = dict(repository.texts(revision, [match.path for match in matches], largest=LARGEST))
    for match in matches:
        source = texts.get(match.path)
        if source is None:
            continue
        fitting = _in_file(source, match.path, wanted, anchor.line)
        # An equal file name in another folder says little: there the recorded function must be found too.
        if match.whole or (wanted and fitting):
            hits += [_Hit(match.path, one, match.whole, _drifted(one, anchor.line)) for one in fitting]
    return hits


def _with_package(file: str, wanted: tuple[str, ...]) -> str:
    """Java prints `Agent.java` and `com.acme.desk.Agent.run`: the folders stand in the name."""
    packaged = len(wanted) > 2 and file.startswith(f"{wanted[-2].partition('$')[0]}.") and "/" not in file
    return "/".join((*wanted[:-2], file)) if packaged and not file.endswith(".py") else file


def _in_file(source: str, path: str, wanted: tuple[str, ...], line: int | None) -> tuple[Function | None, ...]:
    found = functions(source) if path.endswith(".py") else ()
    if wanted and path.endswith(".py"):
        return named(found, wanted, module_parts(path))
    if line is None or line > source.count("\n") + 1 or (wanted and wanted[-1] not in source):
        return ()
    return (enclosing(found, line),)


def _by_name_alone(wanted: tuple[str, ...], repository: Repository, revision: str) -> list[_Hit]:
    """A name that brings its module along (`support.tools.get`) needs no path; a bare one would be guessing."""
    hits: list[_Hit] = []
    for source in _with(wanted, sources(repository, revision)):
        module = module_parts(source.path)
        if module and module[-1] in wanted[:-1]:
            in_module = [one for one in functions(source.text) if len(one.parts) < len(wanted)]
            hits += [_Hit(source.path, one, whole=True, drifted=False) for one in named(in_module, wanted, module)]
    return hits


def _with(wanted: tuple[str, ...], sources: Sources) -> tuple[Source, ...]:
    return sources.holding((".py",), f"def {wanted[-1]}(") if len(wanted) > 1 else ()


def _drifted(function: Function | None, line: int | None) -> bool:
    return function is not None and line is not None and not function.holds(line)


def _closest(hits: list[_Hit], line: int | None) -> list[_Hit]:
    """The recorded line breaks a tie."""
    if len(hits) > 1 and line is not None:
        holding = [hit for hit in hits if hit.function is not None and hit.function.holds(line)]
        return holding if len(holding) == 1 else hits
    return hits


def _location(hit: _Hit, anchor: CodeAnchor, source: Source, weight: float) -> Location:
    function = hit.function
    first = function.first_line if function is not None else anchor.line or 1
    sure = (1.0 if hit.whole else 0.9) * (0.9 if hit.drifted else 1.0)
    what = "function name" if function is not None else "line"
    why = f"the recorded path and {what} fit here{'' if hit.whole else ' and nowhere else'}"
    return source.location(
        function.symbol if function is not None else None,
        (first, function.last_line if function is not None else first),
        how="stack frame" if anchor.of_stack else "code attribute",
        sure=weight * sure * (_RAISED if anchor.of_stack else 1.0),
        why=why + ("; its lines moved since" if hit.drifted else ""),
    )


def _place(hit: _Hit) -> str:
    return f"{hit.path}:{hit.function.symbol}" if hit.function is not None else hit.path

"""Analyzers of others, by dotted path: `[analyzers."acme.checks.slow_tool"]` in the settings.

The module has the names that our own have: READS, RULE_VERSION, Settings, detect, measure, and a docstring. Whatever
is wrong with it costs itself alone: the other analyzers run, and the refusal is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass, replace
from importlib import import_module
from typing import Any, Final

import polars as pl

from analyzers.finding import Candidate
from analyzers.frames import CALLS, EVENTS, SAMPLES, SPANS
from analyzers.registry import ANALYZERS, Analyzer
from analyzers.untrusted import Name, Untrusted
from metabot.typed import mismatches

NAMES: Final = ("READS", "RULE_VERSION", "Settings", "detect", "measure")
_FRAMES: Final = (SPANS, CALLS, EVENTS, SAMPLES)
_CANDIDATES: Final = 200  # of one analyzer; more of them are no findings but rows
_SENTENCE: Final = 400
_TOLD: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an analyzer by dotted path was left out. What its exception says may hold text from telemetry."""

    analyzer: str
    why: str
    said: Untrusted | None = None

    def told(self) -> str:
        return f"{self.analyzer}: {self.why}{f': {self.said.quoted(_TOLD)}' if self.said else ''}"


def is_plugin(name: str) -> bool:
    """Our own analyzers have no dot in their names."""
    return "." in name


def analyzer_named(name: str) -> Analyzer | Refusal | None:
    """One of ours, or that of a dotted path; None where there is none of this name."""
    if name in ANALYZERS:
        return ANALYZERS[name]
    return loaded(name) if is_plugin(name) else None


def loaded(path: str) -> Analyzer | Refusal:
    try:
        module = import_module(path)
    except Exception as error:  # noqa: BLE001  a stranger's module may raise anything
        return _raised(path, "cannot be imported", error)
    missing = [name for name in NAMES if not hasattr(module, name)]
    if missing:
        return Refusal(analyzer=path, why=f"has no {', '.join(missing)}")
    if not (isinstance(module.READS, tuple) and module.READS and all(frame in _FRAMES for frame in module.READS)):
        return Refusal(analyzer=path, why="READS is no tuple of frames of analyzers.frames")
    if not (isinstance(module.Settings, type) and is_dataclass(module.Settings)):
        return Refusal(analyzer=path, why="Settings is no dataclass")
    return Analyzer(
        reads=module.READS,
        settings=module.Settings,
        detect=module.detect,
        measure=module.measure,
        page=module.__doc__ or "",
    )


Found = list[Candidate] | Refusal


def detected(path: str, analyzer: Analyzer, read: Mapping[str, pl.LazyFrame], settings: object) -> Found:
    """What it finds, or why that is not used. Every candidate has the types of `Candidate`, all the way down."""
    try:
        found = list(analyzer.detect(*[read[frame.name] for frame in analyzer.reads], settings=settings))
    except Exception as error:  # noqa: BLE001  a stranger's function may raise anything
        return _raised(path, "failed", error)
    if len(found) > _CANDIDATES:
        return Refusal(analyzer=path, why=f"returned {len(found):,} candidates, more than {_CANDIDATES}")
    wrong = next(_wrong(path, found), None)
    return [_inert(candidate) for candidate in found] if wrong is None else Refusal(analyzer=path, why=wrong)


def _raised(path: str, what: str, error: Exception) -> Refusal:
    return Refusal(analyzer=path, why=f"{what} ({Name(type(error).__name__)})", said=Untrusted(str(error)))


def _wrong(path: str, found: list[Any]) -> Iterator[str]:
    for candidate in found:
        yield from mismatches(candidate, Candidate, "the candidate")
        if candidate.analyzer != path:
            yield "the candidate's analyzer is not its own dotted path"


def _inert(candidate: Candidate) -> Candidate:
    """Nobody checked that its sentences are made of names and numbers alone, so they are said like a quotation."""
    revision = candidate.revision
    return replace(
        candidate,
        problem=_said(candidate.problem),
        cost_unknown=None if candidate.cost_unknown is None else _said(candidate.cost_unknown),
        unknown=tuple(map(_said, candidate.unknown)),
        revision=None if revision is None else Name(revision),
    )


def _said(sentence: str) -> str:
    return Untrusted(sentence).quoted(_SENTENCE)[1:-1]

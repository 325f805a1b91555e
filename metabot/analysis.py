"""From stored telemetry to an overview and findings. Reads the store, never the repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from analyzers.clock import CALENDAR
from analyzers.control import control
from analyzers.finding import Candidate, Finding, Fingerprint
from analyzers.frames import CALLS, EVENTS, SAMPLES, SPANS
from analyzers.overview import Overview, overview
from analyzers.registry import ANALYZERS, Analyzer, configured_as
from metabot import plugins, production
from metabot.config import Settings
from metabot.errors import SettingsError
from metabot.picture.picture import Picture
from metabot.picture.taking import pictures
from metabot.plugins import Refusal, analyzer_named
from metabot.store import rejects
from metabot.store.frames import Chosen, written
from metabot.store.rejects import Rejected
from metabot.store.store import Store, temporary_folder
from metabot.telemetry.prices import OwnPrice

NS_PER_DAY: Final = 86_400 * 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The times that are scored, UTC nanoseconds; None is open."""

    since_ns: int | None = None
    until_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    overview: Overview
    findings: tuple[Finding, ...]  # dearest first; those that stand in production before the others
    rejected: tuple[Rejected, ...]  # what of the input could not be read, by reason, most common first
    trusted: frozenset[Fingerprint]  # those that stand without anything read from a public source
    refused: tuple[Refusal, ...] = ()  # analyzers by dotted path that could not be used
    pictures: Mapping[Fingerprint, Picture] = field(default_factory=dict)  # of the first findings


def analyze(
    store: Store,
    settings: Settings,
    *,
    window: Window = Window(),  # frozen
    services: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
) -> Analysis:
    """Score one window with every analyzer, or with those named in `only`."""
    own = tuple(OwnPrice(**price.model_dump()) for price in settings.prices)
    rows = Chosen(since_ns=window.since_ns, until_ns=window.until_ns, services=services, prices=own)
    using = _Using(settings, only)
    with temporary_folder() as folder:
        read = {frame.name: written(store, frame, folder, rows) for frame in (SPANS, CALLS, EVENTS, SAMPLES)}
        live, apart = production.divided(read, settings.telemetry.service_name)
        standing = using.findings(live)
        findings = standing + ([] if apart is None else _only_there(using.findings(apart), standing))
        trusted = standing
        if _holds_public(live):
            trusted = using.findings({name: frame.filter(~pl.col("public")) for name, frame in live.items()})
        return Analysis(
            overview=overview(*read.values(), rejects=rejects.total(store)),
            findings=tuple(findings),
            rejected=tuple(rejects.rejects(store)),
            trusted=frozenset(finding.fingerprint for finding in trusted),
            refused=tuple(using.refused.values()),
            pictures=pictures(findings, read),
        )


def check_analyzers(settings: Settings) -> None:
    """Refuse settings of analyzers that do not exist, or that an analyzer does not know, before any work is done.

    One by dotted path that cannot be used is no reason to stop: the analysis tells it.
    """
    for name in settings.analyzers:
        analyzer = analyzer_named(name)
        if analyzer is None:
            raise SettingsError(f"[analyzers.{name}] is no analyzer.\n  There are: {', '.join(sorted(ANALYZERS))}.")
        if isinstance(analyzer, Analyzer):
            _settings_of(name, analyzer, settings)
    for name in unknown_analyzers(settings.publish.analyzers_off):
        known = ", ".join(sorted(ANALYZERS))
        raise SettingsError(f"[publish] analyzers_off names {name!r}, which is no analyzer.\n  There are: {known}.")


def unknown_analyzers(names: Iterable[str]) -> list[str]:
    """Those that are neither ours nor a dotted path."""
    return [name for name in names if analyzer_named(name) is None]


class _Using:
    """The analyzers of one analysis, ours and those by dotted path; of these it keeps which were refused, once each."""

    def __init__(self, settings: Settings, only: tuple[str, ...]) -> None:
        self.refused: dict[str, Refusal] = {}
        self._settings = settings
        self._analyzers: dict[str, Analyzer] = {}
        for name in only or (*ANALYZERS, *filter(plugins.is_plugin, settings.analyzers)):
            match analyzer_named(name):
                case Analyzer() as analyzer:
                    self._analyzers[name] = analyzer
                case Refusal() as refusal:
                    self.refused[name] = refusal

    def findings(self, read: Mapping[str, pl.LazyFrame]) -> list[Finding]:
        candidates: list[Candidate] = []
        for name, analyzer in self._analyzers.items():
            candidates += self._detected(name, analyzer, read)
        return control(candidates, window_days=days_covered(read[SPANS.name]))

    def _detected(self, name: str, analyzer: Analyzer, read: Mapping[str, pl.LazyFrame]) -> list[Candidate]:
        configured = _settings_of(name, analyzer, self._settings)
        if not plugins.is_plugin(name):
            return analyzer.detect(*[read[frame.name] for frame in analyzer.reads], settings=configured)
        found = plugins.detected(name, analyzer, read, configured)
        if isinstance(found, Refusal):
            self.refused.setdefault(name, found)
            return []
        return found


def _settings_of(name: str, analyzer: Analyzer, settings: Settings) -> object:
    """Raises `SettingsError` naming the key that the analyzer does not know."""
    try:
        return configured_as(name, analyzer.settings, settings.analyzers.get(name, {}))
    except ValueError as error:
        raise SettingsError(f"[analyzers.{name}]: {error}") from None


def _only_there(findings: list[Finding], standing: list[Finding]) -> list[Finding]:
    """Those of them that no finding of production says already, marked."""
    said = frozenset[Fingerprint]().union(*(finding.names for finding in standing))
    return [replace(finding, production=False) for finding in findings if finding.fingerprint not in said]


def days_covered(spans: pl.LazyFrame) -> float:
    """The time that the spans cover; 0 where some have no calendar time, since nobody knows how long those took."""
    first, last, dated = (
        spans.select(pl.col("start_ns").min(), pl.col("end_ns").max().alias("last"), CALENDAR.all().alias("dated"))
        .collect()
        .row(0)
    )
    return (last - first) / NS_PER_DAY if dated and first is not None else 0.0


def _holds_public(read: Mapping[str, pl.LazyFrame]) -> bool:
    return any(bool(frame.select(pl.col("public").any()).collect().item()) for frame in read.values())

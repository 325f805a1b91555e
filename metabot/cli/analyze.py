"""`metabot analyze`: the manual command."""

from __future__ import annotations

import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import platformdirs

from metabot.analysis import Analysis, Window, check_analyzers
from metabot.analysis import analyze as score
from metabot.cli.analyzers import analyzer_of, tell_left_out
from metabot.cli.console import out, remark, settings_at, settings_or_defaults, stopwatch
from metabot.cli.fail_on import EXIT_CODE, limit_of
from metabot.cli.findings import findings_lines
from metabot.cli.json_output import as_json
from metabot.cli.load import named, tell_refused
from metabot.cli.markdown import as_markdown
from metabot.cli.overview import overview_lines
from metabot.config import Settings
from metabot.errors import SettingsError, StoreError
from metabot.ingest import ingest
from metabot.ledger.ledger import Ledger
from metabot.store.store import Store, opened

_NS: Final = {"m": 60 * 10**9, "h": 3_600 * 10**9, "d": 86_400 * 10**9}


def analyze(
    paths: list[str],
    *,
    output: Literal["table", "json", "markdown"],
    input_format: str,
    since: str | None,
    only: tuple[str, ...],
    fail_on: str | None,
    config: Path | None,
) -> None:
    for name in only:
        analyzer_of(name)
    limit = None if fail_on is None else limit_of(fail_on)
    since_ns = None if since is None else moment_ns(since)
    settings = (
        settings_or_defaults(config, state=platformdirs.user_state_path("metabot")) if paths else settings_at(config)
    )
    check_analyzers(settings)
    if paths:
        analysis = _given(paths, input_format, Window(since_ns=since_ns), settings, only)
    else:
        analysis = _configured(since_ns, settings, only)
    _remember(settings, analysis)
    tell_left_out(analysis.refused)
    _print(analysis, output)
    unknown = None if limit is None else limit.unknown(analysis.findings)
    if unknown is not None:
        remark(f"--fail-on {fail_on}: {unknown}")
    too_much = None if limit is None else limit.exceeded(analysis.findings)
    if too_much is not None:
        remark(f"--fail-on {fail_on}: {too_much}")
        sys.exit(EXIT_CODE)


def _print(analysis: Analysis, output: Literal["table", "json", "markdown"]) -> None:
    match output:
        case "json":
            sys.stdout.buffer.write(as_json(analysis))
        case "markdown":
            out(as_markdown(analysis).rstrip("\n"))
        case "table":
            for part in (overview_lines(analysis.overview, analysis.rejected), findings_lines(analysis.findings)):
                out("\n".join(part))
                out()


def moment_ns(text: str) -> int:
    """`24h`, `90m`, `7d` back from now, or an ISO 8601 time (UTC where it names no zone), as UTC nanoseconds."""
    ago = re.fullmatch(r"(\d+)([mhd])", text)
    if ago:
        return time.time_ns() - int(ago[1]) * _NS[ago[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"--since {text}: is no time.\n  Write 24h, 7d or 2026-11-04T10:00Z.") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * 10**9


def _given(paths: list[str], input_format: str, window: Window, settings: Settings, only: tuple[str, ...]) -> Analysis:
    sources = named(paths, input_format)
    with Store.temporary() as store:
        tell_refused(ingest(store, sources, settings, progress=stopwatch()).refused)
        return score(store, settings, window=window, only=only)


def _configured(since_ns: int | None, settings: Settings, only: tuple[str, ...]) -> Analysis:
    if not settings.sources:
        raise SettingsError("nothing to analyze.\n  Name telemetry files, or add [[sources]] to the settings file.")
    say = stopwatch()
    hours = settings.meta_layer.analysis_window_hours
    window = Window(since_ns=time.time_ns() - hours * _NS["h"] if since_ns is None else since_ns)
    with opened(settings.store.path, purpose="metabot analyze", waiting=say) as store:
        tell_refused(ingest(store, settings.sources, settings, progress=say).refused)
        return score(store, settings, window=window, services=settings.target.services, only=only)


def _remember(settings: Settings, analysis: Analysis) -> None:
    """Findings go to the ledger for `metabot show`; where none can be kept, the analysis is still printed."""
    try:
        ledger = Ledger(settings.ledger.path)
        number = ledger.begin_pass()
        ledger.record_findings(number, analysis.findings, analysis.pictures)
        ledger.end_pass(number, "analyzed")
    except StoreError as error:
        remark(f"findings are not kept for metabot show: {error}")

"""`metabot schedule`: what runs when, how it went the last time, and whether anybody serves."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from metabot.cli.console import out, settings_at, wrapped
from metabot.cli.quantities import seconds
from metabot.config import DEFAULT_FILE
from metabot.ledger.jobs import JobRun
from metabot.ledger.ledger import Ledger
from metabot.lock import holder_of
from metabot.schedule.cron import in_words
from metabot.schedule.jobs import Job, jobs_of
from metabot.schedule.scheduler import remembered
from metabot.schedule.service import Place

SCHEDULE: Final = "metabot.schedule/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What is said of one job."""

    job: Job
    last: JobRun | None
    next: datetime | None
    missed: datetime | None  # it was due then, and runs when somebody serves


def show(*, output: Literal["table", "json"], config: Path | None) -> None:
    settings = settings_at(config)
    place = Place(ledger=settings.ledger.path, state=settings.state)
    served = holder_of(place.lock)
    latest = {run.job: run for run in Ledger(place.ledger).latest_jobs()}
    due = {} if served else remembered(place.times)
    looks = [_look(job, latest, due) for job in jobs_of(settings, config or DEFAULT_FILE)]
    if output == "json":
        _write({"schema": SCHEDULE, "served_by": served, "jobs": [_values(look) for look in looks]})
        return
    zone = ZoneInfo(settings.schedule.time_zone)
    out(f"served by {served}" if served else "nobody serves: metabot serve runs these")
    for look in looks:
        out("\n".join(["", *_lines(look, zone, served=served is not None)]))


def _look(job: Job, latest: Mapping[str, JobRun], due: Mapping[str, datetime]) -> _Look:
    now = datetime.now(UTC)
    missed = due.get(job.name, now)
    return _Look(job=job, last=latest.get(job.name), next=job.times.after(now), missed=missed if missed < now else None)


def _lines(look: _Look, zone: ZoneInfo, *, served: bool) -> Iterator[str]:
    times = look.job.times
    yield from _told(look.job.name, f"{in_words(times.expression)}  ({times})")
    yield from _told("  last", _last(look.last, zone, served=served))
    if look.missed is not None:
        yield from _told("  missed", f"{_moment(look.missed, zone)}; made up once when somebody serves")
    yield from _told("  next", "never" if look.next is None else _moment(look.next, zone))


def _told(name: str, text: str) -> list[str]:
    return wrapped(text, first=f"{name:10}", indent=" " * 10)


def _last(run: JobRun | None, zone: ZoneInfo, *, served: bool) -> str:
    if run is None:
        return "never"
    began = _moment(_utc(run.started_ns), zone)
    detail = f": {run.detail}" if run.detail else ""
    if run.ended_ns is None:
        return f"began {began}, and {'runs' if served else 'was killed'}"
    if run.result == "lost":  # when it was is not known
        return f"lost, began {began}{detail}"
    return f"{run.result} after {seconds((run.ended_ns - run.started_ns) / 1e9)}, began {began}{detail}"


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(UTC).astimezone(zone).strftime("%a %Y-%m-%d %H:%M:%S %Z")


def _utc(ns: int) -> datetime:
    return datetime.fromtimestamp(ns / 1e9, UTC)


def _values(look: _Look) -> dict[str, Any]:
    times = look.job.times
    return {
        "job": look.job.name,
        "cron": times.expression,
        "time_zone": times.time_zone,
        "windows": times.within,
        "words": in_words(times.expression),
        "last": None if look.last is None else _run_values(look.last),
        "missed_ns": _ns(look.missed),
        "next_ns": _ns(look.next),
    }


def _run_values(run: JobRun) -> dict[str, Any]:
    values = asdict(run)
    del values["number"], values["job"]
    return values


def _ns(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp()) * 10**9


def _write(values: Mapping[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(values), indent=2) + b"\n")

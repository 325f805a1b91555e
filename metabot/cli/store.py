"""`metabot store …`: what was loaded, what was taken out of it, and what could not be read."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import msgspec

from metabot.cli.analyze import moment_ns
from metabot.cli.console import out, printable, remark, settings_at, wrapped
from metabot.cli.quantities import counted
from metabot.config import Settings
from metabot.errors import InputError
from metabot.replay import cassette_file
from metabot.store.exchanges import cassette_of
from metabot.store.frames import Chosen
from metabot.store.rejects import Example, Reason, reasons
from metabot.store.sources import Source, removals, sources
from metabot.store.store import Store, opened

Output = Literal["table", "json"]

_T = TypeVar("_T")

SOURCES: Final = "metabot.sources/1"
REJECTS: Final = "metabot.rejects/1"


def show_sources(*, output: Output, config: Path | None) -> None:
    settings = settings_at(config)
    found, removed = _read(settings, lambda store: (sources(store), removals(store)))
    if output == "json":
        rows = [_source_values(one, removed.get((one.path, one.format), {})) for one in found]
        _write({"schema": SOURCES, "sources": rows})
        return
    out(counted(len(found), "source") + f" in {settings.store.path}")
    for one in found:
        _print(_source_lines(one, removed.get((one.path, one.format), {})))


def show_rejects(*, output: Output, config: Path | None) -> None:
    settings = settings_at(config)
    found = _read(settings, reasons)
    if output == "json":
        _write({"schema": REJECTS, "rejects": [_reason_values(one) for one in found]})
        return
    out(counted(sum(one.count for one in found), "reject") + f" in {settings.store.path}")
    for one in found:
        _print(_reason_lines(one))


def write_cassette(
    path: Path, *, services: tuple[str, ...], since: str | None, traces: tuple[str, ...], config: Path | None
) -> None:
    settings = settings_at(config)
    if settings.store.capture == "hashes":
        raise InputError(
            '[store] capture = "hashes" keeps no text, so there is nothing that a cassette could answer.\n'
            '  Set capture = "redacted", and load the sources into a new store.'
        )
    chosen = Chosen(since_ns=None if since is None else moment_ns(since), services=services, traces=traces)
    cassette = _read(settings, lambda store: cassette_of(store, chosen, path=path))
    left_out = _kinds(cassette.left_out)
    if not cassette.exchanges:
        raise InputError(
            f"{settings.store.path}: holds no exchange that can be replayed ({left_out or 'none was chosen'}).\n"
            "  Load telemetry that records what was asked and answered, or choose other traces."
        )
    _write_lines(path, cassette_file.lines(cassette))
    kinds = Counter(one.kind for one in cassette.exchanges)
    sequences = counted(len({one.sequence for one in cassette.exchanges}), "sequence")
    failures = counted(sum(one.failed for one in cassette.exchanges), "failure")
    out(f"{kinds['model']:,} with a model, {kinds['tool']:,} with tools, in {sequences}, {failures} among them")
    for said, counts in (("left out", left_out), ("redacted", _kinds(cassette.removed))):
        for line in wrapped(f"{said}: {counts}", indent="  ", first="") if counts else ():
            out(line)
    out(f"written to {printable(str(path))}")


def _kinds(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} × {kind}" for kind, count in sorted(counts.items()))


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    """Whole or not at all."""
    draft = path.with_name(path.name + ".part")
    with draft.open("w", encoding="ascii") as file:
        file.writelines(lines)
    draft.replace(path)


def _read(settings: Settings, read: Callable[[Store], _T]) -> _T:
    with opened(settings.store.path, purpose="metabot store", waiting=remark) as store:
        return read(store)


def _write(values: Mapping[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(values), indent=2) + b"\n")


def _print(lines: Iterable[str]) -> None:
    out()
    for line in lines:
        out(line)


def _source_values(source: Source, removed: Mapping[str, int]) -> dict[str, Any]:
    values = asdict(source)
    del values["public"]
    return {
        **values,
        "path": str(source.path),
        "trust": _trust(source),
        "bytes_now": _bytes_now(source),
        "removed": dict(removed),
    }


def _source_lines(source: Source, removed: Mapping[str, int]) -> Iterator[str]:
    yield printable(str(source.path))
    yield f"  {printable(source.format)}, {_trust(source)}, loaded {_moment(source.loaded_ns)}"
    yield f"  {_how_far(source)}"
    spans = counted(source.spans, "span")
    if source.uncertain:
        spans += f" ({source.uncertain:,} without calendar time)"
    counts = (spans, *(counted(getattr(source, f"{name}s"), name) for name in ("event", "sample", "reject")))
    yield f"  {', '.join(counts)}"
    if removed:
        yield from wrapped(f"removed before anything was kept: {_kinds(removed)}", first="  ", indent="    ")


def _how_far(source: Source) -> str:
    now = _bytes_now(source)
    if now is None:
        return f"read {source.bytes:,} bytes; the file is no longer there, or is part of an archive"
    grown = "" if now == source.bytes else "; it has changed since, and the next load reads it again"
    return f"read {source.bytes:,} of {now:,} bytes{grown}"


def _bytes_now(source: Source) -> int | None:
    """None where there is no such file, as of an archive's member."""
    try:
        return source.path.stat().st_size
    except OSError:
        return None


def _reason_values(reason: Reason) -> dict[str, Any]:
    examples = [{"path": str(one.path), "position": one.position, "head": one.head.quoted()} for one in reason.examples]
    return {"reason": reason.reason, "count": reason.count, "examples": examples}


def _reason_lines(reason: Reason) -> Iterator[str]:
    yield from wrapped(f"{reason.count:,}  {printable(reason.reason)}", indent="    ", first="")
    for example in reason.examples:
        yield from _example_lines(example)
    if reason.count > len(reason.examples):
        yield f"  and {reason.count - len(reason.examples):,} more"


def _example_lines(example: Example) -> Iterator[str]:
    yield f"  {printable(str(example.path))}: {printable(example.position)}"
    yield from wrapped(example.head.quoted(), first="    ", indent="    ", lines=2)


def _trust(source: Source) -> str:
    return "public" if source.public else "internal"


def _moment(ns: int) -> str:
    return datetime.fromtimestamp(ns // 10**9, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

"""`metabot trace …`: spans of the store or of files, one by one, as a tree, by layer."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import platformdirs

from metabot.cli.console import out, remark, settings_at, settings_or_defaults, wrapped
from metabot.cli.load import named, tell_refused
from metabot.cli.trace_pages import list_json, list_lines, show_json, show_lines, stats_json, stats_lines
from metabot.config import DEFAULT_FILE, Settings
from metabot.errors import InputError, SettingsError
from metabot.ingest import ingest
from metabot.store.store import Store, opened
from metabot.store.traces import Status, Wanted, by_layer, has_layer, latest, slowest_operations, spans_of, traces_named
from metabot_instrument.settings import from_environment
from metabot_instrument.vocabulary.layers import LAYERS

Output = Literal["table", "json"]

_NAMED: Final = 10  # traces that an ambiguous beginning names


def list_spans(
    *, last: int, layer: str | None, status: Status | None, files: list[str], output: Output, config: Path | None
) -> None:
    with _store(files, config) as store:
        _known(store, layer)
        found = latest(store, Wanted(last=last, layer=layer, status=status))
    _print(output, lambda: list_json(found), lambda: list_lines(found))


def show(identity: str, *, files: list[str], output: Output, config: Path | None) -> None:
    with _store(files, config) as store:
        spans = spans_of(store, _one_trace(store, identity))
    _print(output, lambda: show_json(spans), lambda: show_lines(spans))


def stats(
    *,
    last: int | None,
    layer: str | None,
    status: Status | None,
    slowest: int,
    files: list[str],
    output: Output,
    config: Path | None,
) -> None:
    wanted = Wanted(last=last, layer=layer, status=status)
    with _store(files, config) as store:
        _known(store, layer)
        layers, operations = by_layer(store, wanted), slowest_operations(store, wanted, most=slowest)
    _print(output, lambda: stats_json(layers, operations), lambda: stats_lines(layers, operations))


def _known(store: Store, layer: str | None) -> None:
    """Raises `SettingsError` for a layer that nobody declared and no span is of."""
    if layer is not None and not has_layer(store, layer):
        known = ", ".join(f"{one.name} ({one.short})" for one in LAYERS.values())
        told = f"Layers are {known}; one that an application declares is taken by its long name."
        raise SettingsError("\n  ".join([f"--layer {layer}: there is no such layer here.", *wrapped(told)]))


def _one_trace(store: Store, identity: str) -> str:
    found = traces_named(store, identity, most=_NAMED)
    if not found.traces:
        raise InputError(
            f"{identity}: no trace or span has an ID that begins so.\n  Take one from what metabot trace list prints."
        )
    if len(found.traces) > 1:
        more = " and perhaps more" if len(found.traces) == _NAMED else ""
        several = f"{', '.join(found.traces)}{more}"
        if found.whole:
            raise InputError(f"{identity} stands in several traces: {several}.\n  Show one of them by its own ID.")
        raise InputError(f"{identity} is the beginning of several: {several}.\n  Write more of it.")
    return found.traces[0]


@contextmanager
def _store(files: list[str], config: Path | None) -> Iterator[Store]:
    """The configured store, or one of files that is gone afterwards: of those that are named, else of an application
    that writes its trace lines here, where there are no settings.
    """
    traced = Path(from_environment(os.environ).trace_path)
    if not files and config is None and not DEFAULT_FILE.exists():
        if not traced.exists():
            raise InputError(
                f"there is neither a {DEFAULT_FILE} nor a trace file {traced} here.\n"
                "  Name telemetry with --file, a trace file with METABOT_TRACE_PATH, or settings with --config."
            )
        remark(f"no {DEFAULT_FILE} here: read from {traced}")
        files = [str(traced)]
    if not files:
        with _configured(settings_at(config)) as store:
            yield store
        return
    settings = settings_or_defaults(config, state=platformdirs.user_state_path("metabot"))
    with Store.temporary() as store:
        tell_refused(ingest(store, named(files, "auto"), settings, progress=lambda _: None).refused)
        yield store


@contextmanager
def _configured(settings: Settings) -> Iterator[Store]:
    path = settings.store.path
    if not path.exists():
        raise InputError(f"{path}: there is no store yet.\n  Run metabot load first, or name telemetry with --file.")
    with opened(path, purpose="metabot trace", waiting=remark) as store:
        yield store


def _print(output: Output, as_json: Callable[[], bytes], as_lines: Callable[[], list[str]]) -> None:
    if output == "json":
        sys.stdout.buffer.write(as_json())
    else:
        out("\n".join(as_lines()))

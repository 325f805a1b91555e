"""`metabot events playback`: a log's events again, at the distances that they were recorded with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from metabot.cli.console import remark
from metabot.cli.events import writing_to
from metabot.cli.events_tail import printer, reading
from metabot.cli.quantities import counted
from metabot.errors import InputError, SettingsError
from metabot_instrument.events.playback import into_the_log, playback
from metabot_instrument.events.reading import Event, selected


def play(
    path: Path, *, speed: float, kinds: tuple[str, ...], into: Path | None, output: Literal["table", "json"]
) -> None:
    if not path.exists():
        raise InputError(f"{path}: there is no such event log.\n  Name one that metabot-instrument or an agent wrote.")
    if into is None:
        _play(path, speed, kinds, printer(output))
        return
    if into.exists() and into.samefile(path):
        raise SettingsError(f"--into {into}: is the log that is played.\n  Name another one.")
    with writing_to(into):
        played = _play(path, speed, kinds, into_the_log)
    remark(f"{counted(played, 'event')} written to {into}")


def _play(path: Path, speed: float, kinds: tuple[str, ...], send: Callable[[Event], None]) -> int:
    """How many were sent, until the end of the log or Ctrl-C."""
    played = 0

    def choose(event: Event) -> None:
        nonlocal played
        for _ in selected([event], types=kinds):
            send(event)
            played += 1

    with reading(path):
        playback(path, speed=speed, send=choose)
    return played

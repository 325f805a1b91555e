"""`metabot events stream`: new events over WebSocket."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from metabot.cli.console import remark
from metabot.cli.events import log_path
from metabot.cli.events_lines import as_json
from metabot.cli.events_tail import unreadable
from metabot.cli.quantities import counted
from metabot.errors import SettingsError
from metabot.serve.door import Door
from metabot.serve.live_stream import LiveStream


def stream(*, host: str, port: int, token_variable: str | None, origins: tuple[str, ...], log: Path | None) -> None:
    door = Door(host=host, port=port, token=_token(token_variable), origins=origins)
    path = log_path(log)
    live = LiveStream(door, remark, as_json)
    try:
        asyncio.run(_until_told(live, path, host))
    except OSError as error:
        raise unreadable(path, error) from error
    done = live.counts
    told = f"{counted(done.events, 'event')} to {counted(done.clients, 'client')}"
    remark(f"{told}; {done.dropped:,} dropped as too slow, {done.refused:,} refused")


async def _until_told(live: LiveStream, path: Path, host: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    address = f"[{host}]" if ":" in host else host
    await live.run(path, stop, lambda port: remark(f"{path}: streamed on ws://{address}:{port}/ until Ctrl-C"))


def _token(variable: str | None) -> str | None:
    if variable is None:
        return None
    token = os.environ.get(variable, "").strip()
    if not token:
        raise SettingsError(f"--token-env {variable}: is not set or empty.\n  Put the token into that variable.")
    return token

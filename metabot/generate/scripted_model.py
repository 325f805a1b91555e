"""A script in place of the model: metabot's replay server, for the length of a pass, on the loopback interface."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from metabot import temporary
from metabot.errors import SettingsError
from metabot.replay import script_file
from metabot.replay.script import ScriptError

_START: Final = 10.0  # seconds


class Served(NamedTuple):
    base_url: str
    name: str  # of the model that the script plays


@contextmanager
def serving(script: Path) -> Iterator[Served]:
    """SettingsError: the script is missing or broken, or nothing can listen."""
    try:
        name = script_file.load(script).model
    except ScriptError as error:
        raise SettingsError(f"[model] script: {error}") from error
    with temporary.folder() as folder:
        port_file = folder / "port"
        command = [sys.executable, "-m", "metabot.replay", str(script), "--port-file", str(port_file)]
        command.append("--until-stdin-closes")  # which a killed pass does, too
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield Served(f"http://127.0.0.1:{_port(process, port_file)}/v1", name)
            finally:
                process.terminate()


def _port(process: subprocess.Popen[str], port_file: Path) -> int:
    until = time.monotonic() + _START
    while not port_file.exists():
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            said = process.stderr.read().strip() if process.stderr else ""
            raise SettingsError(f"[model] script: it is not served. {said}".strip())
        time.sleep(0.02)
    return int(port_file.read_text(encoding="ascii"))

"""A script in place of the model: metabot's replay server, for the length of a pass, on the loopback interface."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from metabot.errors import SettingsError

_START: Final = 10.0  # seconds


@contextmanager
def serving(script: Path) -> Iterator[str]:
    """The base URL at which it answers. SettingsError: the script is missing or broken."""
    with tempfile.TemporaryDirectory(prefix="metabot-script-") as folder:
        port_file = Path(folder) / "port"
        command = [sys.executable, "-m", "metabot.replay", str(script), "--port-file", str(port_file)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield f"http://127.0.0.1:{_port(process, port_file, script)}/v1"
            finally:
                process.terminate()


def _port(process: subprocess.Popen[str], port_file: Path, script: Path) -> int:
    until = time.monotonic() + _START
    while not port_file.exists():
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            said = process.stderr.read().strip() if process.stderr else ""
            raise SettingsError(f"[model] script: {said or f'{script} was not served within {_START:.0f} seconds'}")
        time.sleep(0.02)
    return int(port_file.read_text())

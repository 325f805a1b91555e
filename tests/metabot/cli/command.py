"""Runs a command as `metabot …` would, in this process: starting an interpreter for each takes seconds."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from metabot.cli.main import main


@dataclass(frozen=True, slots=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def metabot(*arguments: str | Path, cwd: Path, encoding: str = "utf-8") -> Done:
    """In the folder `cwd`, in which its state is kept as well, on a terminal of this encoding."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    with (
        mock.patch.dict(os.environ, XDG_STATE_HOME=str(cwd / "state")),
        mock.patch.object(sys, "argv", ["metabot", *map(str, arguments)]),
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = _exit_code()
    return Done(code, *(_text(stream) for stream in (out, err)))


def _exit_code() -> int:
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    written = stream.buffer
    assert isinstance(written, io.BytesIO)
    return written.getvalue().decode(stream.encoding)

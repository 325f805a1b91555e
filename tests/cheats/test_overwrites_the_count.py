"""A change that leaves a process behind, in a session of its own, which writes what the replay server should."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from metabot.verify.matched import MOST_BYTES, matched_in

SCRIPT = 'model = "m"\n[[rules]]\ntext = "yes"\n'
FORGED = (
    '{"schema": "metabot.replay-summary/1", "matched": {"rule": 1, "hash": 0, "sequence": 0, "nearest": 0}, '
    '"missing": 0, "late": {"answers": 0}, '
    '"model": {"requests": 1, "prompt_tokens": 1, "cached_tokens": 0, "completion_tokens": 1}}'
)
WATCH = """
for _ in $(seq 1000); do
    if [ -s "$1" ]; then printf '%s' "$2" > "$1"; touch "$1.forged"; exit; fi
    sleep 0.01
done
"""
CHEAT = """
import os, subprocess, sys, urllib.request
for _ in range(7):
    body = b'{"model": "m", "messages": [{"role": "user", "content": "Where is it?"}]}'
    urllib.request.urlopen(os.environ["BASE_URL"] + "/chat/completions", body).close()
subprocess.Popen(["sh", "-c", *sys.argv[1:]], start_new_session=True)
"""
START = "import sys; from metabot.replay import __main__, descendants; {}; sys.exit(__main__.main())"


def requests(folder: Path, defence: str = "pass") -> int:
    """How many the summary tells of; the command made seven, and its left-behind process writes of one."""
    (folder / "model.toml").write_text(SCRIPT)
    summary = folder / "replay.json"
    replay = [sys.executable, "-c", START.format(defence), str(folder / "model.toml"), "--summary", str(summary)]
    command = [sys.executable, "-c", CHEAT, WATCH, "sh", str(summary), FORGED]
    subprocess.run([*replay, "--then", *command], env={**os.environ, "BASE_URL": "{model}"}, check=True)
    deadline = time.monotonic() + (1 if defence == "pass" else 10)
    while time.monotonic() < deadline and not summary.with_name("replay.json.forged").exists():
        time.sleep(0.05)
    matched = matched_in(summary.read_bytes()[:MOST_BYTES])
    assert matched is not None
    assert matched.served is not None
    return matched.served.requests


def test_it_is_ended_before(tmp_path: Path) -> None:
    """All that the command left is killed before the server writes."""
    assert requests(tmp_path) == 7


def test_it_succeeds_where_it_is_left_alone(tmp_path: Path) -> None:
    """A session of its own is not the command's."""
    assert requests(tmp_path, defence="descendants.end = lambda: None") == 1

"""Runs inside the sandbox as `sitecustomize`: writes down which lines of the changed files a process executes.

METABOT_COVERAGE holds {"files": [paths as git writes them], "into": a file}. Each process appends one line of JSON to
that file at its end: {path: [line, …]}. One that is killed, or ends by `os._exit`, appends nothing. It needs the
package `coverage` beside it and nothing else, and takes its folder off the path, so that the target sees no more of it.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coverage import Coverage


def start() -> None:
    plan = json.loads(os.environ["METABOT_COVERAGE"])
    from coverage import Coverage  # noqa: PLC0415  found while this file's folder is on the path

    sys.path.remove(os.path.dirname(__file__))  # noqa: PTH120  pathlib is more than every process needs
    measuring = Coverage(data_file=None, config_file=False, include=[f"*/{path}" for path in plan["files"]])
    measuring.start()
    atexit.register(_save, measuring, plan)


def _save(measuring: Coverage, plan: dict[str, Any]) -> None:
    measuring.stop()
    data = measuring.get_data()
    found = {
        path: sorted(data.lines(file) or [])
        for file in data.measured_files()
        for path in plan["files"]
        if file.endswith(f"/{path}")
    }
    with open(plan["into"], "ab", buffering=0) as into:  # noqa: PTH123  one write: several processes append
        into.write(json.dumps(found).encode() + b"\n")


if "METABOT_COVERAGE" in os.environ:
    start()

"""The look-up service for the length of one run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reachable() -> Iterator[None]:
    """Starts the service as a child and ends it, unless SUPPORT_DESK_TOOLS_URL names one that runs already.

    The child answers SUPPORT_DESK_LOOKUP_SPEED times as fast as the real ones; without that, as they do.
    """
    if os.environ.get("SUPPORT_DESK_TOOLS_URL"):
        yield
        return
    speed = os.environ.get("SUPPORT_DESK_LOOKUP_SPEED", "1")
    command = [sys.executable, "-m", "support_desk.service", "--port", "0", "--speed", speed, "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        try:
            url = service.stdout.readline().strip() if service.stdout else ""
            if not url:
                raise OSError(f"the look-up service did not start: {' '.join(command)}")
            os.environ["SUPPORT_DESK_TOOLS_URL"] = url
            yield
        finally:
            os.environ.pop("SUPPORT_DESK_TOOLS_URL", None)
            service.terminate()

"""What stops metabot from acting where people work, whatever its settings say."""

from __future__ import annotations

import os
from typing import Final

from metabot.publish.host import Host

VARIABLE: Final = "METABOT_STOP"


def thrown(host: Host) -> str | None:
    """Who threw it, in words; None: nobody did. The environment is looked at before anything is asked."""
    if os.environ.get(VARIABLE):
        return f"{VARIABLE} is set in the environment."
    return host.stopped()

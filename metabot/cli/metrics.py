"""`metabot metrics`: what metabot has done, for Prometheus."""

from __future__ import annotations

import sys
from pathlib import Path

from metabot.cli.console import settings_at
from metabot.ledger.ledger import Ledger
from metabot.own_metrics import metered
from metabot_instrument.metrics.exposition import OPENMETRICS, exposition


def show(*, openmetrics: bool, config: Path | None) -> None:
    meter = metered(Ledger(settings_at(config).ledger.path).counts())
    text, _ = exposition(OPENMETRICS if openmetrics else None, shown=meter)
    sys.stdout.buffer.write(text)

"""What the settings let watch over metabot's own calls, to models and to GitHub: what validators decide of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from metabot.errors import SettingsError
from metabot_instrument import emit_event

if TYPE_CHECKING:
    from metabot.config import Settings
    from metabot_instrument import MonitoringLayer


@contextmanager
def watched(settings: Settings) -> Iterator[None]:
    """What [monitoring] monitors find meanwhile is told at the end, as events of metabot's own life.

    SettingsError: one of them cannot be made of its table.
    """
    if not settings.monitoring.monitors:
        yield
        return
    layer = _layer(settings)
    unheard = layer.observe_decisions()
    try:
        yield
    finally:
        unheard()
        for monitor, found in layer.analyze().items():
            for one in found:
                told = {"metric": f"{monitor}.{one.kind}", "about": one.about, "says": one.says}
                emit_event("anomaly_detected", told)
        layer.close()


def _layer(settings: Settings) -> MonitoringLayer:
    from metabot_instrument.monitoring.layer import MonitoringLayer  # noqa: PLC0415  # most settings name no monitor

    try:
        return MonitoringLayer.configured(settings.monitoring.monitors)
    except ValueError as error:
        raise SettingsError(f"[monitoring] {error}") from error

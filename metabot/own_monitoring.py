"""[monitoring] of the settings: what checks metabot's own calls, to models and to GitHub, and what watches them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from metabot.errors import SettingsError
from metabot_instrument import emit_event
from metabot_instrument.validation.registry import made

if TYPE_CHECKING:
    from metabot.config import Settings
    from metabot_instrument import MonitoringLayer
    from metabot_instrument.validation.validator import Validator


def validators(settings: Settings) -> list[Validator]:
    """Made of their tables. SettingsError: one of them cannot be."""
    try:
        return made(settings.monitoring.validators)
    except ValueError as error:
        raise SettingsError(f"[monitoring] {error}") from error


@contextmanager
def watched(settings: Settings) -> Iterator[None]:
    """What [monitoring] monitors find meanwhile is told at the end, as events of metabot's own life.

    SettingsError: one of them, or of the validators, cannot be made of its table.
    """
    validators(settings)  # a pass that would end at its first call does not begin
    if not settings.monitoring.monitors:
        yield
        return
    layer = layer_of(settings)
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


def layer_of(settings: Settings) -> MonitoringLayer:
    """To be closed. SettingsError: a monitor cannot be made of its table."""
    from metabot_instrument.monitoring.layer import MonitoringLayer  # noqa: PLC0415  # most settings name no monitor

    try:
        return MonitoringLayer.configured(settings.monitoring.monitors)
    except ValueError as error:
        raise SettingsError(f"[monitoring] {error}") from error

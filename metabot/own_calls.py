"""What the settings ask of metabot's own calls, to models and to GitHub, before they are made."""

from __future__ import annotations

from metabot.config import Settings
from metabot.life import telling
from metabot.own_monitoring import validators
from metabot_instrument.validation.validator import Validator


def validators_of(settings: Settings) -> list[Validator]:
    """Those of [monitoring] validators. From here on decisions are told among the events of metabot's own life.

    SettingsError: one of them cannot be made of its table.
    """
    telling(settings)
    return validators(settings)

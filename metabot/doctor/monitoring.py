"""Whether the validators and monitors of the settings can be made."""

from __future__ import annotations

from collections.abc import Iterator

from metabot.config import Settings
from metabot.doctor.line import Line, of_error, ok
from metabot.errors import SettingsError
from metabot.own_monitoring import layer_of, validators


def monitoring(settings: Settings) -> Iterator[Line]:
    """One of a class of one's own is made, too."""
    try:
        named = ", ".join(each.name for each in validators(settings))
        yield ok(f"{named or 'no validator but those that are always there'} before calls to models and GitHub")
    except SettingsError as error:
        yield of_error(error)
    if settings.monitoring.monitors:
        try:
            layer_of(settings).close()
        except SettingsError as error:
            yield of_error(error)
        else:
            yield ok(f"{', '.join(table['type'] for table in settings.monitoring.monitors)} watching")

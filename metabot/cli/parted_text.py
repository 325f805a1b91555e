"""`metabot show ID --text`: what stands where two prompts part, quoted, if the store holds it."""

from __future__ import annotations

from typing import Final

from metabot.cli.console import remark, wrapped
from metabot.config import Settings
from metabot.picture.picture import Parting
from metabot.store.store import opened
from metabot.store.texts import parted

_QUOTED: Final = 300


def parted_lines(settings: Settings, parting: Parting) -> list[str]:
    """Both prompts from the line on in which they part; where the store has not the text of both, that is said."""
    calls = [side.call for side in parting.sides]
    found = None
    if settings.store.path.exists():
        with opened(settings.store.path, purpose="metabot show", waiting=remark) as store:
            found = parted(store.connection, *calls)
    if found is None:
        return wrapped(
            f"no text: {settings.store.path} does not hold both prompts. metabot load keeps them, unless [store] "
            "capture is hashes.",
            indent="  ",
            first="",
        )
    said = [f"span {call.span_id} there: {text.quoted(_QUOTED)}" for call, text in zip(calls, found, strict=True)]
    return [line for one in said for line in wrapped(one, indent="  ", first="")]

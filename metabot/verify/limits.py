"""The limits of one command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from metabot import config

_MEBIBYTE: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one command and all that it starts."""

    seconds: float
    memory_bytes: int
    processes: int
    disk_bytes: int


def of(settings: config.Sandbox) -> Limits:
    """The limits that the settings give."""
    return Limits(
        seconds=settings.seconds,
        memory_bytes=settings.memory_mb * _MEBIBYTE,
        processes=settings.processes,
        disk_bytes=settings.disk_mb * _MEBIBYTE,
    )

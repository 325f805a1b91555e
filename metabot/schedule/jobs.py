"""The jobs that the settings ask for: what each runs, when, for how long at most, and with which environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from metabot.config import Settings
from metabot.errors import SettingsError
from metabot.schedule.cron import Times

_COMMANDS: Final = {"load": ("load",), "run": ("run",), "watch": ("pr", "watch")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    name: str
    times: Times
    command: tuple[str, ...]
    environment: Mapping[str, str]
    seconds: float  # most wall-clock time; then it is ended


def jobs_of(settings: Settings, config: Path) -> tuple[Job, ...]:
    """Those that have a time and something to do. SettingsError: none has, or a cron expression is none.

    `config` is the settings file that each of them reads anew.
    """
    idle = {"load": not settings.sources, "run": False, "watch": settings.target.repository is None}
    jobs = tuple(_job(name, settings, config) for name in _COMMANDS if getattr(settings.schedule, name))
    wanted = tuple(job for job in jobs if not idle[job.name])
    if not wanted:
        raise SettingsError(
            f"{config}: no job has both a time and something to do.\n"
            "  Give one of [schedule] a cron expression; load needs [[sources]], watch needs [target] repository."
        )
    return wanted


def _job(name: str, settings: Settings, config: Path) -> Job:
    schedule = settings.schedule
    expression = getattr(schedule, name)
    try:
        times = Times(expression, schedule.time_zone, schedule.windows if name == "run" else ())
    except ValueError as error:
        raise SettingsError(
            f'{config}: [schedule] {name} = "{expression}": {error}.\n'
            '  Write minute, hour, day, month and weekday, as "30 6 * * mon-fri"; "" never runs it.'
        ) from error
    return Job(
        name=name,
        times=times,
        command=(sys.executable, "-P", "-m", "metabot", *_COMMANDS[name], "--config", str(config.resolve())),
        environment=_environment(name, settings),
        seconds=getattr(schedule, f"{name}_seconds"),
    )


def _environment(name: str, settings: Settings) -> dict[str, str]:
    """Secrets only where they are used: looking at pull requests asks no model, and loading asks nobody."""
    secrets = {
        "load": {settings.github.token_variable, settings.model.api_key_variable},
        "run": set(),
        "watch": {settings.model.api_key_variable},
    }
    return {variable: value for variable, value in os.environ.items() if variable not in secrets[name]}

"""Validators and monitors as a TOML file of the application names them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final, NamedTuple

from metabot_instrument.misuse import misuse, nearest
from metabot_instrument.monitoring.layer import MonitoringLayer
from metabot_instrument.validation.pipeline import ValidationPipeline

SECTION: Final = "monitoring"
_KEYS: Final = ("validators", "monitors")
_EXAMPLE: Final = f"""Write one, as in
  [{SECTION}]
  validators = [{{ type = "rate_limit", priority = 50, requests_per_minute = 60 }}]"""


class Monitored(NamedTuple):
    """What is asked before an action runs, and what is told of it afterwards."""

    pipeline: ValidationPipeline
    layer: MonitoringLayer


def monitoring_of(path: str | PathLike[str], **options: Any) -> Monitored:
    """From `[monitoring]` of a TOML file: `validators` and `monitors` are lists of tables with a `type` each.

    `options` are those of `ValidationPipeline`. A key that is left out is an empty list, and an empty list of
    validators approves everything. Raises ValueError where the file cannot be read, has no such section, or says
    something in it that will not do.
    """
    where = fspath(path)
    section = _section(where)
    for name in section:
        if name not in _KEYS:
            raise misuse(f"{where}: [{SECTION}] {name}", "is no setting of it", nearest(name, _KEYS))
    try:
        pipeline = ValidationPipeline.configured(section.get("validators", []), **options)
        return Monitored(pipeline, MonitoringLayer.configured(section.get("monitors", [])))
    except ValueError as error:
        raise ValueError(f"{where}: [{SECTION}] {error}") from error


def _section(where: str) -> Mapping[str, Any]:
    try:
        section = tomllib.loads(Path(where).read_text(encoding="utf-8")).get(SECTION)
    except OSError as error:
        raise misuse(where, f"cannot be read: {error.strerror}", "Name the TOML file with [monitoring].") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise misuse(where, f"is not TOML: {error}", "Mend the file.") from error
    if not isinstance(section, Mapping):
        raise misuse(where, f"has no section [{SECTION}]", _EXAMPLE)
    return section

"""One export of a performance monitor on its way to samples: whose they are, of when, and what could not be read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, Literal, TypeVar

from metabot.telemetry.agent_logs.moments import moment_ns
from metabot.telemetry.attributes import Attributes, text
from metabot.telemetry.record import Reject, Sample
from metabot.telemetry.spans import Unreadable, is_calendar, reject
from metabot.telemetry.times import scaled_ns

_T = TypeVar("_T")
_MS: Final = 1_000_000
_MOST: Final = 1_000  # names of one kind, or samples, of one export
_LONGEST: Final = 200  # characters of a name: what is longer is a text


class Exported:
    """Its samples and rejects so far, in `records`."""

    def __init__(self, place: str, told: Attributes) -> None:
        """Raises `Unreadable` where it does not say when it was made."""
        at = instant(told.get("exported_at"))
        if at is None:
            raise Unreadable("no exported_at between 2000 and 2100")
        self.records: list[Sample | Reject] = []
        self._place = place
        self._at = at
        self._service = text(told.get("service")) or "unknown_service"
        started = instant(told.get("started_at"))
        self._labels = {
            "session": self.name(told.get("session_id"), "session"),
            "persona": self.name(told.get("persona_id"), "persona"),
            "started": None if started is None else _iso(started),
        }

    def add(
        self,
        group: str,
        kind: Literal["gauge", "counter"],
        told: Attributes,
        names: Mapping[str, str],
        labels: Mapping[str, str],
        *,
        at: int | None = None,
    ) -> None:
        """A sample of each of `names` that is told, under `group` and its new name. What is no figure is refused."""
        known = {**labels, **{name: label for name, label in self._labels.items() if label}}
        for key, name in names.items():
            if told.get(key) is None:
                continue
            value = figure(told[key])
            if value is None:
                self.refuse(f"{group}: {key} is no number of at least 0", {**labels, key: told[key]})
                continue
            self.records.append(
                Sample(
                    name=f"{group}.{name}",
                    kind=kind,
                    service=self._service,
                    labels=tuple(sorted(known.items())),
                    time_ns=self._at if at is None else at,
                    value=value,
                )
            )

    def part(self, told: Attributes, key: str) -> Attributes:
        """The object at `key`; none where there is nothing."""
        found = told.get(key)
        if found is None or isinstance(found, dict):
            return found or {}
        self.refuse(f"{key} is no object", found)
        return {}

    def named(self, told: Attributes, key: str) -> Iterator[tuple[str, Attributes]]:
        """Each name of the object at `key` with what is told of it."""
        found = list(self.part(told, key).items())
        for given, of_it in self._most(found, key):
            if (name := self.name(given, key)) is None:
                continue
            if isinstance(of_it, dict):
                yield name, of_it
            else:
                self.refuse(f"{key}: what is told of a name is no object", {name: of_it})

    def listed(self, told: Attributes, key: str) -> Iterator[Attributes]:
        """Each object of the list at `key`."""
        found = told.get(key)
        if found is not None and not isinstance(found, list):
            self.refuse(f"{key} is no list", found)
            return
        for one in self._most(found or [], key):
            if isinstance(one, dict):
                yield one
            else:
                self.refuse(f"{key}: an element is no object", one)

    def name(self, value: object, what: str) -> str | None:
        """A text that may be a label; None where it is none, and what is too long for a name is refused."""
        if not isinstance(value, str) or not value:
            return None
        if len(value) > _LONGEST:
            self.refuse(f"{what}: a name of more than {_LONGEST} characters", value)
            return None
        return value

    def refuse(self, reason: str, piece: object) -> None:
        self.records.append(reject(self._place, reason, piece))

    def _most(self, found: list[_T], key: str) -> list[_T]:
        if len(found) > _MOST:
            self.refuse(f"{key}: more than {_MOST:,}, of which the first are read", f"{len(found):,} of {key}")
        return found[:_MOST]


def figure(value: object) -> float | None:
    """A number of at least 0; None for anything else, a text that holds one included."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) and value >= 0 else None
    except OverflowError:
        return None


def instant(value: object) -> int | None:
    """ISO 8601, of UTC where it names no zone, Unix seconds or milliseconds; None where it is not of our time."""
    found = moment_ns(value, UTC)
    if found is None and not isinstance(value, str):
        found = scaled_ns(value, _MS)
    return found if found is not None and is_calendar(found) else None


def _iso(ns: int) -> str:
    seconds, rest = divmod(ns, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // _MS:03d}Z"

"""Every check by its name, in the order in which a pass needs what it looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from metabot.config import Settings
from metabot.doctor import clock, model, monitoring, repository, rights, sandbox, schedule, storage, telemetry
from metabot.doctor.line import Check, Line, of_error, problem
from metabot.errors import MetabotError

CHECKS: Final[Mapping[str, Check]] = {
    "store": storage.store,
    "ledger": storage.ledger,
    "sources": telemetry.sources,
    "clock": clock.clock,
    "git": repository.git,
    "target": repository.target,
    "commands": repository.commands,
    "sandbox": sandbox.sandbox,
    "model": model.model,
    "publish": rights.rights,
    "schedule": schedule.schedule,
    "monitoring": monitoring.monitoring,
}


@dataclass(frozen=True, slots=True)
class Examined:
    check: str
    line: Line


def examined(settings: Settings, checks: Mapping[str, Check] = CHECKS) -> Iterator[Examined]:
    """What each check says; one that fails itself is a problem, and the others are made all the same."""
    for name, check in checks.items():
        try:
            for line in check(settings):
                yield Examined(name, line)
        except MetabotError as error:
            yield Examined(name, of_error(error))
        except Exception as error:  # noqa: BLE001  one check must not hide what the others find
            # Its words are left out: nobody knows what stands in them.
            said = f"this check itself failed ({type(error).__name__})"
            yield Examined(name, problem(said, "Everything else was looked at. Report it: it is a fault of metabot."))

"""`metabot analyze --fail-on …`: when what was found makes a job fail."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analyzers.finding import Finding
from metabot.cli.findings import found_usd, money
from metabot.cli.quantities import counted
from metabot.errors import SettingsError

EXIT_CODE: Final = 4


@dataclass(frozen=True, slots=True)
class Limit:
    """`usd`: how much all findings may cost together; None: nothing may be found."""

    usd: float | None

    def exceeded(self, findings: Sequence[Finding]) -> str | None:
        """What is too much, in words; None where nothing is. A cost that is unknown counts as none."""
        if self.usd is None:
            return f"{counted(len(findings), 'finding')}." if findings else None
        known = [usd for usd in map(found_usd, findings) if usd is not None]
        if sum(known) <= self.usd:
            return None
        return f"what was found costs {money(sum(known))} in what was analyzed."

    def unknown(self, findings: Sequence[Finding]) -> str | None:
        """How many findings such a limit cannot weigh; None where there are none."""
        count = 0 if self.usd is None else sum(found_usd(finding) is None for finding in findings)
        return f"not weighed, as their cost is unknown: {counted(count, 'finding')}." if count else None


def limit_of(text: str) -> Limit:
    """`any`, or `cost:USD`."""
    if text == "any":
        return Limit(None)
    kind, _, amount = text.partition(":")
    try:
        usd = float(amount)
    except ValueError:
        usd = math.nan
    if kind != "cost" or not (math.isfinite(usd) and usd >= 0):
        raise SettingsError(f"--fail-on {text}: is no limit.\n  Write any, or cost:USD as in cost:2.50.")
    return Limit(usd)

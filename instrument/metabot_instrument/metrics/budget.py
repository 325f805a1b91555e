"""Token budgets: may this call still be made? Read from the counters that are shown, `pforge_tokens_used_total`.

    budget = TokenBudget("openai", 1_000_000, period="day")
    with budget.reserve(4_000) as held:                     # what the call will use at most
        if held.decision != "deny":
            held.settle(ask().usage.total_tokens)           # counts it, and gives the rest back

A reservation is a check and a hold in one, so calls under way together cannot go beyond the limit. `decide` holds
nothing: it suits one call at a time, or a look. In multiprocess mode all processes of the folder share the budget, and
what a killed one had reserved is free again.

A period, by the calendar of UTC, begins with the first decision in it; without the multiprocess folder a restarted
process begins at nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Literal, Self, SupportsFloat

from metabot_instrument.boundary import contained
from metabot_instrument.metrics.agent import AgentMeter, meter
from metabot_instrument.metrics.budget_shared import begun_in_folder, one_at_a_time
from metabot_instrument.metrics.meter import multiprocess
from metabot_instrument.metrics.period import PERIODS, Period, name_of
from metabot_instrument.metrics.series import LARGEST, LONGEST
from metabot_instrument.metrics.totals import total

Decision = Literal["allow", "warn", "deny"]
ALL: Final = "all"  # the label of a budget over every vendor


class TokenBudget:
    """`limit` tokens of one vendor, or with None of all, in each period. What cannot be found out is `on_failure`."""

    def __init__(
        self,
        vendor: str | None,
        limit: int,
        *,
        period: Period = "day",
        warn_share: float = 0.8,
        on_failure: Decision = "deny",
        shown: AgentMeter = meter,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if vendor is not None and not (0 < len(vendor) <= LONGEST and vendor.isprintable()):
            raise ValueError(
                f"TokenBudget: vendor={vendor[:LONGEST]!r} is no label. Say a short name, or None for all."
            )
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
            raise ValueError(f"TokenBudget: limit={limit!r} is no number of tokens. Say a whole number, 0 or above.")
        if period not in PERIODS:
            raise ValueError(f"TokenBudget: period={period!r} is not one of {', '.join(PERIODS)}. Say one of them.")
        if not 0 <= warn_share <= 1:
            raise ValueError(f"TokenBudget: warn_share={warn_share!r} is no share. Say a number from 0 to 1.")
        self.vendor, self.limit, self.period, self.warn_share = vendor, limit, period, warn_share
        self._on_failure, self._meter, self._clock = on_failure, shown, clock
        self._begun: dict[tuple[str, int], float] = {}
        if vendor is not None:
            shown.tokens_used.keep(vendor=vendor)
            shown.tokens_reserved.keep(vendor=vendor)
            shown.tokens_used.inc(0, vendor=vendor)

    def decide(self, tokens: int = 1) -> Decision:
        """`deny` where `tokens` more would go beyond the limit, `warn` where beyond `warn_share` of it."""
        return self._decided(tokens, "") or self._on_failure

    def reserve(self, tokens: int, vendor: str = "") -> Reservation:
        """Holds `tokens` unless that is denied. A budget of all vendors is told which one the call asks."""
        named = self.vendor or vendor or "unknown"
        decision = self._decided(tokens, named)
        held = tokens if decision in ("allow", "warn") else 0
        return Reservation(self._meter, named, tokens, held, decision or self._on_failure)

    def used(self) -> float:
        """Tokens of this period; what cannot be found out is no number."""
        return self._used()

    @contained("budget", float("nan"))
    def _used(self) -> float:
        with one_at_a_time():
            return self._used_now()

    def _used_now(self) -> float:
        counted = total(self._meter.tokens_used, self.vendor)
        period = name_of(self.period, self._clock())
        if multiprocess():
            return counted - begun_in_folder(f"{self.vendor or ALL}/{self.period}", period, counted)
        return counted - self._begun_here(period, counted)

    def _begun_here(self, period: str, counted: float) -> float:
        """Nothing, where the counter itself began in this period."""
        since = self._meter.since_ns  # a forked child's counter begins anew
        if (period, since) not in self._begun:
            fresh = name_of(self.period, datetime.fromtimestamp(since / 1e9, UTC)) == period
            self._begun = {(period, since): 0.0 if fresh else counted}
        return self._begun[period, since]

    @contained("budget", None)
    def _decided(self, tokens: int, hold_for: str) -> Decision:
        if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 0:
            raise ValueError(f"TokenBudget: {tokens!r} is no number of tokens")
        with one_at_a_time():
            used = self._used_now()
            after = used + total(self._meter.tokens_reserved, self.vendor) + tokens
            decision: Decision = "allow" if after <= self.warn_share * self.limit else "warn"
            decision = "deny" if after > self.limit else decision
            if hold_for and decision != "deny":
                self._meter.tokens_reserved.inc(tokens, vendor=hold_for)
        if self.limit:
            self._meter.budget_used.set(used / self.limit, vendor=self.vendor or ALL)
        return decision


class Reservation:
    """Tokens that are held until `settle`, or until the block ends."""

    def __init__(self, shown: AgentMeter, vendor: str, asked: int, held: int, decision: Decision) -> None:
        self.decision = decision
        self._meter, self._vendor, self._asked, self._held = shown, vendor, asked, held
        self._since = shown.since_ns

    def settle(self, used: int | None) -> None:
        """Counts what was used, and frees what was held; counted first, so that nobody sees less than there is.

        Where a provider does not say what was used, or says nonsense, all that was asked for counts.
        """
        number = _tokens(used)
        self._meter.tokens_used.inc(self._asked if number is None else number, vendor=self._vendor)
        self.free()

    def free(self) -> None:
        """Nothing was used. What a forked child finds held is its parent's to free."""
        held, self._held = self._held, 0
        if held and self._meter.since_ns == self._since:
            self._meter.tokens_reserved.inc(-held, vendor=self._vendor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.free()


@contained("budget", None)
def _tokens(used: object) -> float:
    """Other libraries' numbers, too."""
    if isinstance(used, bool | str | bytes) or not isinstance(used, SupportsFloat) or not 0 <= float(used) <= LARGEST:
        raise ValueError(f"Reservation: what was used is no number of tokens ({type(used).__name__}): all of it counts")
    return float(used)

"""What each request to GitHub has to pass: validators of actions, as in any application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from metabot.own_calls import broken_after, objection
from metabot.publish.github.address import Address
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.decision import Decision
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.rate_limit import RateLimit
from metabot_instrument.validation.validator import Validator

BROKEN_AFTER: Final = 12  # requests in a row, which are three times as often as one is tried
_OPEN_SECONDS: Final = 60.0
_LOOK_BACK: Final = 3_600.0  # seconds
# https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api: a second between writes
_WRITES_PER_MINUTE: Final = 60
_REQUESTS_PER_MINUTE: Final = 240
_SAID: Final = ("title", "body")  # of what is sent: the text that people will read


class Gate:
    """For one process. A double on this machine may be asked as often as one likes."""

    def __init__(self, address: Address, validators: Sequence[Validator] = ()) -> None:
        self._server = urlsplit(address.api).netloc
        self._breaker = broken_after(BROKEN_AFTER, window_seconds=_LOOK_BACK, open_seconds=_OPEN_SECONDS)
        every: list[Validator] = [*validators, self._breaker]
        writes: list[Validator] = []
        if not address.here:
            every.append(RateLimit(requests_per_minute=_REQUESTS_PER_MINUTE, burst=1))
            writes.append(RateLimit(requests_per_minute=_WRITES_PER_MINUTE, burst=1, name="rate_limit_of_writes"))
        self._reads = ValidationPipeline(every)
        self._writes = ValidationPipeline([*every, *writes])

    def request(self, verb: str, path: str, *, query: Mapping[str, object] = {}, payload: object = None) -> Decision:
        """Waits for its turn. Validators see all that would be sent but the headers."""
        is_read = verb == "GET"
        sent = payload if isinstance(payload, Mapping) else {"payload": payload}
        text = "\n\n".join(str(sent[name]) for name in _SAID if name in sent)
        rest = {name: value for name, value in sent.items() if name not in _SAID}
        arguments = {"verb": verb, "path": path, "query": dict(query), "sent": rest}
        action = Action("github_read" if is_read else "github_write", self._server, text, arguments)
        return (self._reads if is_read else self._writes).validate(action)

    def why_not(self, decision: Decision) -> str | None:
        """In words, why a request is not made; None where it is. One that a validator would change is not."""
        if decision.outcome == "approved":
            return None
        if self._breaker.state(self._server) != "closed":
            return f"it failed {BROKEN_AFTER} times in a row and is left alone for {_OPEN_SECONDS:.0f} seconds"
        return objection(decision, "it")

    def heard(self, decision: Decision, *, answered: bool) -> None:
        self._reads.heard(decision, ok=answered)

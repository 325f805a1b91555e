"""GitHub asked until it answers: what fails in passing is tried again, what makes something is made once."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import tenacity

from metabot.errors import PublishError
from metabot.publish.github import refused
from metabot.publish.github.address import Address
from metabot.publish.github.connection import Answer, Connection, Lost
from metabot.publish.github.gate import Gate
from metabot.publish.github.kept import Answers
from metabot.publish.github.waiting import asked_to_wait
from metabot_instrument.validation.validator import Validator

T = TypeVar("T")
Query = str | int | bool
ATTEMPTS: Final = 4
_LOOKS: Final = 3
_LONGEST: Final = 366 * 86_400.0  # seconds to wait that are told; more is no server's meaning
_PAGE: Final = 100  # GitHub's most
PATIENCE: Final = 120.0  # seconds that one process waits in all
_LONGER: Final = tenacity.wait_exponential_jitter(initial=1, max=30, jitter=1)
_NEXT: Final = re.compile(r'rel="next"')
_ACCEPT: Final = {"Accept": "application/vnd.github+json"}


class Client:
    """`what` in every method is what could not be done where it raises `PublishError`: "read the checks"."""

    def __init__(
        self,
        address: Address,
        kept: Path,
        *,
        patience: float = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
        validators: Sequence[Validator] = (),
    ) -> None:
        self.address = address
        self._gate = Gate(address, validators)
        self._connection: Connection | None = None
        self._answers = Answers(kept)
        self._left = patience
        self._sleep = sleep
        self._heard: Mapping[str, str] = {}

    @property
    def heard(self) -> Mapping[str, str]:
        """The headers of the last answer, by their names in small letters."""
        return self._heard

    def get(self, what: str, path: str, kind: type[T], **query: Query) -> T:
        return self._page(what, path, kind, query)[0]

    def find(self, what: str, path: str, kind: type[T], **query: Query) -> T | None:
        """None where there is none, or it is hidden from the token."""
        try:
            return self.get(what, path, kind, **query)
        except refused.RefusedError as error:
            if error.status not in (404, 410):
                raise
            return None

    def pages(self, what: str, path: str, kind: type[T], **query: Query) -> Iterator[T]:
        number, more = 1, True
        while more:
            page, more = self._page(what, path, kind, {**query, "per_page": _PAGE, "page": number})
            yield page
            number += 1

    def change(self, what: str, verb: str, path: str, kind: type[T], payload: object = None) -> T:
        """For what may be done twice: the second time changes nothing."""
        return self._read(what, self._certain(what, self._tried(lambda: self._ask(verb, path, payload=payload))), kind)

    def make(self, what: str, path: str, kind: type[T], payload: object, *, made: Callable[[], T | None]) -> T:
        """For what must be made once. Where an answer was lost, `made` looks whether it was made."""
        unsure = False
        there: T | None = None

        def attempt() -> Answer | Lost:
            nonlocal unsure, there
            if unsure and (there := self.sought(made)) is not None:
                return Answer(200, {}, "")
            answer = self._ask("POST", path, payload=payload)
            unsure = _passes(answer)
            return answer

        answer = self._tried(attempt)
        if there is None and _passes(answer):
            there = self.sought(made)
        return there if there is not None else self._read(what, self._certain(what, answer), kind)

    def sought(self, look: Callable[[], T | None]) -> T | None:
        """For what must be there by now: GitHub's lists lag behind, so one look is not enough."""
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda found: found is None),
            wait=_LONGER,
            stop=tenacity.stop_after_attempt(_LOOKS),
            sleep=self._wait,
            retry_error_callback=lambda _: None,
        )
        found: T | None = retrying(look)
        return found

    def _page(self, what: str, path: str, kind: type[T], query: Mapping[str, Query]) -> tuple[T, bool]:
        request = json.dumps([path, sorted(query.items())])
        kept = self._answers.of(request, kind)
        headers = {"If-None-Match": kept.etag} if kept else {}
        answer = self._tried(lambda: self._ask("GET", path, query=query, headers=headers))
        if kept is not None and isinstance(answer, Answer) and answer.status == 304:
            return kept.body, kept.more
        answer = self._certain(what, answer)
        page = self._read(what, answer, kind)
        more = _NEXT.search(answer.headers.get("link", "")) is not None
        # A full page may stay the same while another one comes to follow it.
        if "etag" in answer.headers and (more or not _is_full(page)):
            self._answers.keep(request, answer.headers["etag"], page, more=more)
        return page, more

    def _ask(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, Query] = {},
        payload: object = None,
        headers: Mapping[str, str] = _ACCEPT,
    ) -> Answer | Lost:
        if self._connection is None:
            self._connection = Connection(self.address, token_of(self.address))
        decision = self._gate.request(verb, path, query=query, payload=payload)
        if (why := self._gate.why_not(decision)) is not None:
            return Lost(why, sent=False)
        told: Answer | Lost = Lost("")
        try:
            told = self._connection.ask(verb, path, query=dict(query), payload=payload, headers={**_ACCEPT, **headers})
        finally:
            self._gate.heard(decision, answered=not _passes(told))
        self._heard = told.headers if isinstance(told, Answer) else {}
        return told

    def _tried(self, attempt: Callable[[], Answer | Lost]) -> Answer | Lost:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda answer: _passes(answer) or _limit(answer, 0) is not None),
            wait=_wait,
            stop=lambda state: state.attempt_number >= ATTEMPTS or state.upcoming_sleep > self._left,
            sleep=self._wait,
            retry_error_callback=_last,
        )
        answer: Answer | Lost = retrying(attempt)
        return answer

    def _wait(self, seconds: float) -> None:
        self._left -= seconds
        self._sleep(seconds)

    def _certain(self, what: str, answer: Answer | Lost) -> Answer:
        if isinstance(answer, Lost) or answer.status >= 500:
            raise refused.unreachable(self.address, what, answer)
        asked = _limit(answer, 0)
        if asked is not None:
            again = datetime.fromtimestamp(time.time() + min(asked, _LONGEST), UTC)
            raise refused.limited(self.address, what, f"{again:%Y-%m-%d %H:%M} UTC")
        if answer.status >= 300:
            raise refused.refused(self.address, what, answer)
        return answer

    def _read(self, what: str, answer: Answer, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.text or "null", type=kind)
        except msgspec.MsgspecError as error:
            raise refused.unreadable(self.address, what, answer) from error


def token_of(address: Address) -> str:
    """Read when it is needed. Raises `PublishError`, which does not show it."""
    name = address.token_variable
    token = os.environ.get(name, "").strip()
    if not re.fullmatch(r"[!-~]+", token):
        why = "holds what is no token" if token else "is not set"
        raise PublishError(f"{name}: {why}.\n  Put a fine-grained token for {address.repository} into that variable.")
    return token


def _is_full(page: object) -> bool:
    """Of a page that is a list, or an object with one."""
    lists = msgspec.structs.asdict(page).values() if isinstance(page, msgspec.Struct) else [page]
    return any(isinstance(one, list) and len(one) >= _PAGE for one in lists)


def _passes(answer: Answer | Lost) -> bool:
    """Whether it fails in passing, so that it may be asked again at once."""
    return answer.sent if isinstance(answer, Lost) else answer.status >= 500


def _limit(answer: Answer | Lost, earlier: int) -> float | None:
    if isinstance(answer, Lost):
        return None
    return asked_to_wait(answer.status, answer.headers, answer.text, now=time.time(), earlier=earlier)


def _wait(state: tenacity.RetryCallState) -> float:
    asked = _limit(_last(state), state.attempt_number - 1)
    return _LONGER(state) if asked is None else asked


def _last(state: tenacity.RetryCallState) -> Answer | Lost:
    assert state.outcome is not None
    answer = state.outcome.result()
    assert isinstance(answer, Answer | Lost)
    return answer

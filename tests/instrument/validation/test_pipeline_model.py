"""Any list of validators ends within its bounds, and decides as a few plain lines say."""

from __future__ import annotations

import asyncio
import time
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.verdict import Approved, Modified, Rejected, Retry
from tests.instrument.validation.scripted import Awaited, Scripted

ACTION = Action("tool_call")
SAID = st.one_of(
    st.just(Approved()),
    st.builds(lambda name: Modified(Action(name), "changed"), st.sampled_from(("a", "b"))),
    st.just(Rejected("no")),
    st.builds(Retry, st.sampled_from((0, -1, float("nan"), 1e-4, 3600.0))),
    st.sampled_from((None, "approved", 7, ValueError("words"), Modified(None))),  # type: ignore[arg-type]
)
SCRIPT = st.lists(SAID, min_size=1, max_size=4).map(tuple)


class Part(NamedTuple):
    says: tuple[Any, ...]
    priority: int
    can_modify: bool
    quick: bool
    awaited: bool


PART = st.builds(Part, SCRIPT, st.integers(-2, 2), st.booleans(), st.booleans(), st.booleans())


def expected(parts: list[Part], retries: int, on_failure: str) -> tuple[str, str, int]:
    """Outcome, kind of the action that may run, and attempts."""
    kind, attempts, outcome = ACTION.kind, 1, "approved"
    for part in sorted(parts, key=lambda each: -each.priority):
        for at in range(retries + 2):
            said = part.says[min(at, len(part.says) - 1)]
            if not isinstance(said, Retry):
                break
            if attempts > retries or said.after_seconds > 60:
                return "rejected", kind, attempts
            attempts += 1
        if isinstance(said, Rejected):
            return "rejected", kind, attempts
        if isinstance(said, Modified) and said.action is not None and part.can_modify:
            kind, outcome = said.action.kind, "modified"
        elif not isinstance(said, Approved) and on_failure == "reject":
            return "rejected", kind, attempts
    return outcome, kind, attempts


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(PART, max_size=5),
    retries=st.integers(0, 4),
    on_failure=st.sampled_from(("reject", "approve")),
    in_loop=st.booleans(),
)
def test_it_decides_as_the_plain_lines(parts: list[Part], retries: int, on_failure: Any, in_loop: bool) -> None:
    """Whatever they say, quick or not, awaited or not, in a running loop or without one."""
    validators = [
        (Awaited if part.awaited else Scripted)(part.says, str(at), part.priority, part.can_modify, part.quick)
        for at, part in enumerate(parts)
    ]
    pipeline = ValidationPipeline(validators, retries=retries, on_failure=on_failure)
    began = time.monotonic()
    decision = asyncio.run(pipeline.validate_async(ACTION)) if in_loop else pipeline.validate(ACTION)
    assert (decision.outcome, decision.action.kind, decision.attempts) == expected(parts, retries, on_failure)
    assert decision.attempts <= retries + 1
    assert len(decision.steps) <= len(parts) + retries
    assert time.monotonic() - began < 20

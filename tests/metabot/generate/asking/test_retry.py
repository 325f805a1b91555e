"""What is tried again, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.generate.asking.answered import Failed
from metabot.generate.asking.retry import ATTEMPTS, passes, retry_after, tried_again


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_what_may_pass_is_tried_again(status: int) -> None:
    """Time-outs, conflicts, limits and faults of the server."""
    assert passes(Failed(why="status", status=status))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_what_stays_is_not(status: int) -> None:
    """The same request would be refused again."""
    assert not passes(Failed(why="status", status=status))


@pytest.mark.parametrize("why", ["nonsense", "too large", "elsewhere"])
def test_a_strange_answer_is_not(why: str) -> None:
    """It was paid for, or somebody else would be asked."""
    assert not passes(Failed(why=why))  # type: ignore[arg-type]  # one of the words


def test_waits_grow_and_stay_within_what_is_left() -> None:
    """Each is longer than the one before, and none is begun that would end too late."""
    slept: list[float] = []
    failed = Failed(why="unreachable")
    assert tried_again(lambda: failed, left=lambda: 1e6, sleep=slept.append) is failed
    assert len(slept) == ATTEMPTS - 1
    assert slept == sorted(slept)
    assert tried_again(lambda: failed, left=lambda: 0.5, sleep=slept.append) is failed
    assert len(slept) == ATTEMPTS - 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("12", 12.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
def test_reads_retry_after(header: str | None, seconds: float | None) -> None:
    """Seconds or a date; what is neither is as if it were not there."""
    assert retry_after(header) == seconds


def test_a_date_counts_from_now() -> None:
    """As HTTP allows it."""
    seconds = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=90)))
    assert seconds is not None
    assert 80 <= seconds <= 90


@given(st.text(max_size=60))
def test_any_header_is_read(header: str) -> None:
    """A stranger wrote it."""
    seconds = retry_after(header)
    assert seconds is None or seconds >= 0

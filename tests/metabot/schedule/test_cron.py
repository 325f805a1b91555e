"""When cron expressions are due: weekdays, windows, and the two nights on which clocks change."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.schedule.cron import Times, in_words

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
SPRING, AUTUMN = datetime(2027, 3, 27, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)


def due(expression: str, *, count: int, start: datetime = MONDAY, zone: str = "UTC", within: tuple[str, ...] = ()):
    """So many times in a row, as a scheduler asks for them, in UTC."""
    times, previous = Times(expression, zone, within), None
    for _ in range(count):
        previous = times.get_next_fire_time(previous, previous or start)
        yield previous.astimezone(UTC)


@pytest.mark.parametrize(
    ("weekday", "days"),
    [
        pytest.param("*", "Mon Tue Wed", id="any"),
        pytest.param("1", "Mon Mon Mon", id="1 is Monday"),
        pytest.param("0,7", "Sun Sun Sun", id="0 and 7 are Sunday"),
        pytest.param("1-5", "Mon Tue Wed", id="a range of numbers"),
        pytest.param("fri-mon", "Mon Fri Sat", id="a range past the end of the week"),
        pytest.param("Sat", "Sat Sat Sat", id="a name, in any case"),
        pytest.param("1-5/2", "Mon Wed Fri", id="every other of a range"),
    ],
)
def test_weekdays_are_those_of_crontab(weekday: str, days: str) -> None:
    """Sunday is 0 and 7, whatever the library below counts from."""
    assert " ".join(f"{moment:%a}" for moment in due(f"0 6 * * {weekday}", count=3)) == days


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        pytest.param("* * * *", "needs five fields", id="too few fields"),
        pytest.param("0 0 0 6 * *", "needs five fields", id="with seconds"),
        pytest.param("@daily", "needs five fields", id="a nickname"),
        pytest.param("61 * * * *", "higher than the maximum", id="no such minute"),
        pytest.param("x * * * *", "x is no minute", id="a word"),
        pytest.param("0 6 last * *", "last is no day", id="another program's word"),
        pytest.param("0 6 * foo *", "Invalid month name", id="no such month"),
        pytest.param("0 6 * * 8", "8 is no weekday", id="no such weekday"),
        pytest.param("0 6 * * monday", "monday is no weekday", id="a weekday's whole name"),
        pytest.param("0 6 1 * mon", "name one", id="day of month and weekday"),
        pytest.param("0 6 31 2 *", "never comes", id="a day that never comes"),
        pytest.param("*/0 * * * *", "Increment must be higher", id="a step of nothing"),
    ],
)
def test_says_what_is_wrong_with(expression: str, said: str) -> None:
    """An expression that is none, or that would never run, is refused when it is read."""
    with pytest.raises(ValueError, match=said):
        Times(expression, "UTC")


def test_refuses_windows_in_which_it_never_comes() -> None:
    """06:00 is not between 09:00 and 17:00: such a job would be silent for ever."""
    with pytest.raises(ValueError, match="never comes"):
        Times("0 6 * * *", "UTC", ("Mon-Fri 09:00-17:00",))


def test_leaves_out_what_falls_outside_its_windows() -> None:
    """By the clock of the time zone: 07:30 in UTC is 08:30 in Zurich in winter."""
    saturday, mornings = MONDAY - timedelta(days=2), ("Mon,Tue 08:00-12:00",)
    found = due("30 8,12 * * *", count=3, start=saturday, zone="Europe/Zurich", within=mornings)
    assert [f"{moment:%a %H:%M}" for moment in found] == ["Mon 07:30", "Tue 07:30", "Mon 07:30"]


@pytest.mark.parametrize("start", [pytest.param(SPRING, id="in spring"), pytest.param(AUTUMN, id="in autumn")])
def test_a_daily_job_runs_once_a_day_when_clocks_change(start: datetime) -> None:
    """02:30 does not exist in one night and comes twice in the other; the job runs once in each."""
    found = list(due("30 2 * * *", count=4, start=start, zone="Europe/Zurich"))
    assert len({moment.date() for moment in found}) == 4
    assert all(timedelta(hours=22) < after - before < timedelta(hours=26) for before, after in pairwise(found))


@pytest.mark.parametrize("start", [pytest.param(SPRING, id="in spring"), pytest.param(AUTUMN, id="in autumn")])
def test_a_job_by_minutes_goes_on_evenly_when_clocks_change(start: datetime) -> None:
    """Every quarter of an hour is every quarter of an hour, also in the night of 25 hours and in that of 23."""
    found = list(due("*/15 * * * *", count=100, start=start, zone="Europe/Zurich"))
    assert {after - before for before, after in pairwise(found)} == {timedelta(minutes=15)}


def test_a_clock_that_is_set_back_repeats_nothing() -> None:
    """What was due at 06:00 and ran is due tomorrow, also if it is 05:30 once more."""
    times, six = Times("0 6 * * *", "UTC"), MONDAY + timedelta(hours=6)
    assert times.get_next_fire_time(six, six - timedelta(minutes=30)) == six + timedelta(days=1)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001  hypothesis adds the zone
    st.sampled_from(["30 2 * * *", "*/10 * * * *", "0 */2 * * *", "15 1-3 * * sun", "0 0 1 * *", "59 23 31 12 *"]),
    st.sampled_from(["UTC", "Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_times_go_on_and_never_back(start: datetime, expression: str, zone: str) -> None:
    """From any moment in any zone each time is later than the one before, and the first is not before the moment."""
    found = list(due(expression, count=4, start=start.replace(tzinfo=UTC), zone=zone))
    assert found[0] >= start.replace(tzinfo=UTC)
    assert all(before < after for before, after in pairwise(found))


def test_what_is_kept_of_it_makes_it_again() -> None:
    """A job store keeps its two texts and its windows, and no object of a library."""
    times = Times("0 6 * * 1-5", "Europe/Zurich", ("Mon-Fri",))
    again = pickle.loads(pickle.dumps(times))
    assert str(again) == str(times) == "0 6 * * 1-5 Europe/Zurich within Mon-Fri"
    assert again.after(MONDAY) == times.after(MONDAY)
    assert b"apscheduler" not in pickle.dumps(times)


def test_is_said_in_words() -> None:
    """With the hours of a day of 24."""
    assert in_words("0 18 * * 1-5") == "At 18:00, Monday through Friday"

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry.agent_logs.moments import moment_ns, ms_ns
from metabot.telemetry.times import iso_ns

MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30))  # noqa: DTZ001
ZONES = st.sampled_from([None, UTC, timezone(timedelta(hours=-7)), timezone(timedelta(hours=5, minutes=45))])


@given(MOMENTS, ZONES, st.sampled_from(["auto", "seconds", "milliseconds", "microseconds"]), st.booleans())
def test_a_date_is_read_as_everywhere(moment, zone, digits, short):
    """Whatever is quick about it."""
    written = moment.replace(tzinfo=zone).isoformat(timespec=digits)
    written = written.replace("+00:00", "Z") if short else written
    for other in (UTC, ZoneInfo("Asia/Kathmandu")):
        assert moment_ns(written, other) == iso_ns(written, other)


def test_nanoseconds_are_kept():
    """Where a date has them."""
    assert moment_ns("2026-01-13T12:00:00.123456789Z", UTC) % 10**9 == 123_456_789
    assert moment_ns("2026-01-13T12:00:00.123456789+00", UTC) % 10**9 == 123_456_789
    assert moment_ns("2026-01-13T12:00:00.1234567", UTC) % 10**9 == 123_456_700


@pytest.mark.parametrize("value", [None, True, "soon", "", 5, -1, 1e300, float("nan"), "1999-01-01T00:00:00Z", [], {}])
def test_what_is_no_time_of_ours_is_unknown(value):
    """A number is Unix seconds between 2000 and 2100."""
    assert moment_ns(value, UTC) is None


@pytest.mark.parametrize(("value", "ns"), [
    (5, 5_000_000), (5.25, 5_250_000), ("5.25", 5_250_000), (0.001, 1_000), (0, 0), (10**12, 10**18),
    (-1, None), (None, None), (True, None), (float("inf"), None), ("long", None), (10**30, None),
])  # fmt: skip
def test_milliseconds_are_exact(value, ns):
    """Or unknown."""
    assert ms_ns(value) == ns

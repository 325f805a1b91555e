"""Hours of the week as people write them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot import config
from metabot.errors import SettingsError
from metabot.windows import is_open, parse

ZURICH = ZoneInfo("Europe/Zurich")


def at(day: int, time: str) -> datetime:
    """In the week of Monday, 2026-11-16."""
    return datetime.strptime(f"2026-11-{16 + day} {time}", "%Y-%m-%d %H:%M").replace(tzinfo=ZURICH)


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        pytest.param(
            "Mon-Fri 09:00-17:00",
            [(0, "09:00"), (4, "16:59")],
            [(0, "08:59"), (4, "17:00"), (5, "10:00")],
            id="working hours",
        ),
        pytest.param(
            "Sat,Sun 10:00-12:00", [(5, "10:00"), (6, "11:59")], [(4, "11:00"), (6, "12:00")], id="a list of days"
        ),
        pytest.param(
            "Fri-Mon,Wed 8:00-9:00",
            [(0, "08:30"), (2, "08:30"), (5, "08:30")],
            [(1, "08:30"), (3, "08:30")],
            id="over the end of the week",
        ),
        pytest.param(
            "22:00-06:00", [(0, "22:00"), (1, "05:59"), (3, "00:00")], [(0, "21:59"), (1, "06:00")], id="overnight"
        ),
        pytest.param(
            "Fri 22:00-06:00",
            [(4, "23:00"), (5, "05:59")],
            [(4, "05:00"), (5, "22:00")],
            id="overnight, of the day it begins on",
        ),
        pytest.param(
            "Sun 22:00-06:00", [(6, "23:00"), (0, "05:59")], [(1, "05:00")], id="overnight, into the next week"
        ),
        pytest.param("Mon-Thu", [(0, "00:00"), (3, "23:59")], [(4, "00:00")], id="whole days"),
        pytest.param("mon 12:00-24:00", [(0, "23:59")], [(0, "11:59"), (1, "00:00")], id="to the end of the day"),
    ],
)
def test_is_open_then(window: str, inside: list[tuple[int, str]], outside: list[tuple[int, str]]) -> None:
    """From the first minute on and up to the last, by the clock of its own place."""
    assert [is_open([window], at(*moment)) for moment in inside] == [True] * len(inside)
    assert [is_open([window], at(*moment)) for moment in outside] == [False] * len(outside)


def test_one_of_several_is_enough_and_none_is_always_open() -> None:
    """As the settings list them."""
    assert is_open(["Mon 09:00-10:00", "Tue 09:00-10:00"], at(1, "09:30"))
    assert not is_open(["Mon 09:00-10:00", "Tue 09:00-10:00"], at(2, "09:30"))
    assert is_open([], at(2, "03:00"))


@pytest.mark.parametrize(
    ("window", "said"),
    [
        pytest.param("Mo-Fr 09:00-17:00", "'Mo' is no day", id="another language's days"),
        pytest.param("Mon-Fri 9-17", "is no window as in", id="no minutes"),
        pytest.param("Mon-Fri 09:00-25:00", "25:00 is no time", id="an hour that is none"),
        pytest.param("Mon 09:60-10:00", "09:60 is no time", id="a minute that is none"),
        pytest.param("09:00-09:00", "leave the hours out", id="no time at all"),
        pytest.param("", "is no window", id="nothing"),
        pytest.param("always", "'always' is no day", id="a word"),
    ],
)
@pytest.mark.parametrize("section", ["publish", "schedule"])
def test_a_wrong_one_is_refused_when_settings_are_loaded(tmp_path: Path, window: str, said: str, section: str) -> None:
    """The message names the key and shows what is not understood."""
    with pytest.raises(SettingsError) as refused:
        config.parse({section: {"windows": [window]}}, name="config.toml", root=tmp_path)
    assert f"config.toml: [{section}] windows" in str(refused.value)
    assert said in str(refused.value)


@given(st.text(max_size=30))
def test_any_other_text_is_a_window_or_refused(text: str) -> None:
    """Nothing else escapes, whatever stands there."""
    try:
        window = parse(text)
    except ValueError:
        return
    assert window.days <= set(range(7))
    assert 0 <= window.begin < 24 * 60 or window.end > 0

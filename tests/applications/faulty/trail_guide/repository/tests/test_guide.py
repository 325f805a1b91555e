from datetime import date

from trail_guide.guide import instructions


def test_the_visitor_is_named():
    assert "You are talking to Ada." in instructions("Ada", date(2026, 5, 4))


def test_the_day_is_named():
    assert "Monday, 04 May 2026" in instructions("Ada", date(2026, 5, 4))

from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry.repeats import Repeats


def test_what_is_said_at_another_time_is_said_anew():
    """Only the rows of one time are remembered."""
    repeats = Repeats()
    said = [(1, "a"), (1, "b"), (1, "a"), (2, "a"), (2, "a")]
    assert [repeats.number(time, what) for time, what in said] == [0, 0, 1, 0, 1]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab"))))
def test_no_two_rows_in_order_of_time_are_the_same(rows):
    """However many of them say the same."""
    repeats = Repeats()
    numbered = [(*row, repeats.number(*row)) for row in sorted(rows, key=lambda row: row[0])]
    assert len(set(numbered)) == len(rows)

import datetime
import io
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from metabot.telemetry.record import Reject
from metabot.telemetry.rows import rows


def read(*chunks):
    return list(rows(chunks))


def as_parquet(columns):
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"a,b\n1,x\n", id="commas"),
        pytest.param(b"\xef\xbb\xbfa;b\r\n1;x", id="semicolons, a mark of the byte order, no last newline"),
        pytest.param(b"\n a\t b\n1\tx\n\n", id="tabs and empty lines"),
        pytest.param(b'[{"a": "1", "b": "x"}]', id="a JSON list"),
        pytest.param(b'{"a": "1", "b": "x"}\n', id="JSON lines"),
        pytest.param(as_parquet({"a": ["1"], "b": ["x"]}), id="Parquet"),
    ],
)
def test_one_row_of_each_form(data):
    """Told apart by the first bytes, however the file is cut into chunks."""
    cut = [bytes([byte]) for byte in data]
    for found in (read(data), read(*cut)):
        ((_, values),) = found
        assert values == {"a": "1", "b": "x"}


def test_a_quoted_field_may_hold_lines_and_a_row_its_own_place():
    """A row is where its first line is."""
    ((one, first), (two, _)) = read(b'a,b\n"x\ny",2\n3,4\n')
    assert (one, first["a"], two) == ("line 2", "x\ny", "line 4")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        pytest.param(b"1", "1 fields, where the header has 2", id="too few"),
        pytest.param(b"1,2,3", "3 fields, where the header has 2", id="too many"),
        pytest.param(b"1\rx,2", "no row of CSV", id="a carriage return within"),
        pytest.param(b'"' + b"x" * (4 << 20), "no row of CSV", id="a quote that is not closed"),
    ],
)
def test_a_broken_row_is_a_reject_and_the_next_is_read(broken, reason):
    """It says what it has and what it should have."""
    _, reject, (_, values) = read(b"a,b\n1,2\n", broken, b"\n5,6\n")
    assert isinstance(reject, Reject)
    assert reject.position == "line 3"
    assert reject.reason.startswith(reason)
    assert values == {"a": "5", "b": "6"}


def test_what_parquet_knows_of_its_types_is_not_rounded():
    """Nanoseconds, decimals and bytes as text; what is absent stays absent."""
    zoned = pa.array([1_780_000_000_123_456_789, None], pa.timestamp("ns", "Europe/Berlin"))
    data = as_parquet({
        "at": zoned,
        "took": pa.array([1_500_000_001, -5], pa.duration("us")),
        "cost": pa.array([Decimal("1.50"), None]),
        "id": pa.array([b"\x01\xff", None]),
        "day": pa.array([datetime.date(2026, 1, 2), None]),
        "word": pa.array(["x", None]).dictionary_encode(),
    })  # fmt: skip
    ((_, one), (place, two)) = read(data)
    assert one == {
        "at": "2026-05-28 20:26:40.123456789", "took": "PT1500.000001000S", "cost": "1.50", "id": "01ff",
        "day": "2026-01-02", "word": "x",
    }  # fmt: skip
    assert (place, two["at"], two["took"], two["id"]) == ("row 2", None, "-PT0.000005000S", None)


def test_a_damaged_parquet_file_is_a_reject():
    """Cut off, or with its pages overwritten."""
    data = as_parquet({"a": list(range(1000))})
    (cut,) = read(data[:-20])
    assert isinstance(cut, Reject)
    *_, last = read(data[:40] + bytes(400) + data[440:])
    assert isinstance(last, Reject)


@given(
    st.lists(
        st.sampled_from([b"a,b\n", b'"', b"1,2\n", b"\r", b"\xff", b"\x00", b"{", b"PAR1", b"[1]\n"])
        | st.binary(max_size=5)
    )
)
def test_any_content_gives_rows_or_rejects(chunks):
    """Nothing raises."""
    assert all(isinstance(one, tuple | Reject) for one in read(*chunks))

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import prometheus
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Reject, Sample

S = 10**9
AT = 1_790_000_000 * S
SCRAPED = "# scraped 2026-09-21T14:13:20Z from http://10.0.0.5:8000/metrics\n"


def read(text):
    return list(prometheus.read([text.encode()]))


def one(text):
    (found,) = read(SCRAPED + text)
    return found


def test_a_scrape_gives_its_samples_time_and_instance():
    """What the endpoint writes says neither."""
    sample = one('# TYPE engine:running gauge\nengine:running{model_name="m",job="llm"} 3\n')
    assert (sample.name, sample.kind, sample.value, sample.time_ns) == ("engine:running", "gauge", 3.0, AT)
    assert sample.labels == (("instance", "10.0.0.5:8000"), ("job", "llm"), ("model_name", "m"))
    assert sample.service == "llm"


def test_a_sample_keeps_a_time_and_an_instance_of_its_own():
    """Milliseconds in Prometheus' text, seconds in OpenMetrics': the size tells which."""
    for written in (AT // 10**6 + 5_000, f"{AT // S + 5}.0"):
        sample = one(f'up{{instance="b:1"}} 1 {written}\n')
        assert (sample.time_ns, sample.labels) == (AT + 5 * S, (("instance", "b:1"),))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("# TYPE a counter\na 1\n", "counter", id="a counter"),
        pytest.param("# TYPE a counter\na_total 1\n", "counter", id="a counter of OpenMetrics"),
        pytest.param("# TYPE a_total gauge\na_total 1\n", "gauge", id="a gauge in spite of its name"),
        pytest.param("a_total 1\n", "counter", id="by its name alone"),
        pytest.param("a 1\n", "gauge", id="nothing said"),
        pytest.param('# TYPE a histogram\na_bucket{le="1"} 1\n', "counter", id="a bucket"),
        pytest.param("# TYPE a histogram\na_sum 1\n", "counter", id="a histogram's sum"),
        pytest.param("# TYPE a summary\na_count 1\n", "counter", id="a summary's count"),
        pytest.param('# TYPE a summary\na{quantile="0.9"} 1\n', "gauge", id="a quantile"),
        pytest.param("# TYPE a gauge\na_sum 1\n", "gauge", id="only named like a sum"),
    ],
)
def test_what_only_rises_is_a_counter(text, kind):
    """Types stand before their series; without one the name decides."""
    assert one(text).kind == kind


def test_a_label_may_hold_anything():
    """Quotes, braces, line ends and what looks like an exemplar."""
    sample = one(r'a{path="x # {y} 1",say="\"hi\"\n"} 2' + "\n")
    assert dict(sample.labels)["path"] == "x # {y} 1"
    assert dict(sample.labels)["say"] == '"hi"\n'
    with_exemplar = one('a_bucket{le="1"} 5 # {trace_id="ab"} 0.3 1790000000.5\n')
    assert (with_exemplar.value, with_exemplar.time_ns) == (5.0, AT)


def test_samples_without_a_time_are_one_reject():
    """However many there are; it says what to do."""
    (reject,) = read("# TYPE a gauge\na 1\nb 2\n")
    assert isinstance(reject, Reject)
    assert reject.position == "line 2"
    assert reject.reason.startswith("2 samples have no time: name the endpoint itself")


def test_several_scrapes_in_one_file_have_their_own_times():
    """As they are appended to one another."""
    records = read(SCRAPED + "a 1\n" + SCRAPED.replace("20Z", "50Z") + "a 2\n# EOF\n")
    assert [(sample.time_ns - AT) // S for sample in records] == [0, 30]


@pytest.mark.parametrize("line", ['a{x="1" 5', "a", "a b", "a 1 12", "a 1 1e400", "<html>", '{x="1"} 1'])
def test_a_torn_line_costs_itself(line):
    """The lines around it are read."""
    before, reject, after = read(f"{SCRAPED}b 1\n{line}\nc 2\n")
    assert (before.name, after.name) == ("b", "c")
    assert isinstance(reject, Reject)
    assert reject.position == "line 3"


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf"])
def test_no_number_is_no_sample(value):
    """A quantile of nothing is NaN."""
    assert read(f"{SCRAPED}a {value}\n") == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        pytest.param("# HELP a Things.\n# TYPE a counter\na 1\n", True, id="as endpoints answer"),
        pytest.param(SCRAPED + "# TYPE a counter\na 1\n", True, id="as it was scraped"),
        pytest.param("# Notes\n\n# TYPE of thing\n", False, id="a text of headings"),
        pytest.param("a,b\n1,2\n", False, id="CSV"),
        pytest.param('{"a": 1}', False, id="JSON"),
    ],
)
def test_recognised_by_its_types(text, is_one):
    """A file of bare samples has to be named."""
    assert prometheus.recognises(Opening(text.encode())) == is_one


PIECES = st.sampled_from(
    ["# TYPE a", " counter\n", "a", "{", 'x="1"', "}", " ", "1", "\n", "# scraped ", "2026-01-01", "# {"]
)


@given(st.lists(PIECES | st.text(max_size=3)), st.binary(max_size=20))
def test_any_content_gives_records(pieces, torn):
    """Nothing raises."""
    records = prometheus.read([SCRAPED.encode(), "".join(pieces).encode("utf-8", "replace"), torn])
    assert all(isinstance(found, Sample | Reject) for found in records)

import json
import tarfile

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import nezha
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Reject, Span

HEADER = "TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration"
BEGIN = 1_675_078_742_856_000_000
SPAN = {
    "trace": "8344c6bbb62a68a3eaebf0077ca7f7e5", "span": "38009907060427dd", "parent": "root",
    "pod": "shop-cart-6f6cfc45b-d9pnv", "operation": "/*", "start": BEGIN, "end": BEGIN + 5_000_000, "took": 5_000,
}  # fmt: skip


def table(*spans):
    return "\n".join([HEADER, *(",".join(map(str, span.values())) for span in spans)]).encode()


def read(*spans):
    return list(nezha.read([table(*spans)]))


def test_a_row_is_a_span_of_its_pods_deployment():
    """Start and end are nanoseconds; the root has no parent."""
    root, child = read(SPAN, {**SPAN, "span": "b4b9bcdec2d5f4c6", "parent": SPAN["span"]})
    assert (root.trace_id, root.parent_id, child.parent_id) == (SPAN["trace"], None, root.span_id)
    assert (root.service, root.operation, root.end_ns - root.start_ns) == ("shop-cart", "/*", 5_000_000)


@pytest.mark.parametrize("pod", ["redis-cart-0", "cart", "cart-service-v2-abc", "a-6f6cfc45b-aeiou"])
def test_a_pod_of_no_deployment_keeps_its_name(pod):
    """Kubernetes' own endings have no vowels."""
    assert read({**SPAN, "pod": pod})[0].service == pod


def test_a_row_without_a_time_is_a_reject():
    """Its neighbours are read, as are they beside a row of too few fields."""
    torn = table(SPAN) + b"\n8344c6bbb62a68a3,38009907\n" + table({**SPAN, "start": ""}, SPAN).partition(b"\n")[2]
    records = list(nezha.read([torn]))
    assert [type(one) for one in records] == [Span, Reject, Reject, Span]
    assert [one.position for one in records if isinstance(one, Reject)] == ["line 3", "line 4"]


def test_what_lies_beside_the_traces_is_told_apart():
    """Logs, metrics, lists of faults and of causes."""
    faults = json.dumps({"11": [{"inject_time": "then", "inject_pod": "cart-0", "inject_type": "cpu"}]})
    causes = json.dumps({"cart": {"cpu_contention": "CpuUsageRate(%)"}})
    logs = "Timestamp,TimeUnixNano,Node,PodName,Container,TraceID,SpanID,Log\n1,2,3,4,5,6,7,8\n"
    metrics = "Time,TimeStamp,PodName,CpuUsage(m),CpuUsageRate(%)\n1,2,3,4,5\n"
    files = [Opening(text.encode()) for text in (table(SPAN).decode(), faults, causes, logs, metrics)]
    assert [nezha.recognises(file) for file in files] == [True, False, False, False, False]
    assert [nezha.is_labels(file) for file in files] == [False, True, True, False, False]
    assert [nezha.is_beside_traces(file) for file in files] == [False, False, False, True, True]


@given(st.dictionaries(st.sampled_from(list(SPAN)), st.text(max_size=5) | st.integers()), st.binary(max_size=20))
def test_any_content_gives_records(changed, torn):
    """Nothing raises."""
    data = table({**SPAN, **changed}).decode().encode("utf-8", "replace") + torn
    assert all(isinstance(one, Span | Reject) for one in nezha.read([data, torn, b"\n", data]))


@pytest.mark.real_data
def test_a_day_of_traces_is_read_whole(real_data):
    """179,170 spans of one train-ticket shop."""
    spans = 0
    with (
        (real_data / "raw/nezha/rca_data_2023-01-30_trace.tar.zst").open("rb") as file,
        pa.CompressedInputStream(file, "zstd") as plain,
        tarfile.open(fileobj=plain, mode="r|") as archive,
    ):
        for member in archive:
            if (inner := archive.extractfile(member)) is not None:
                records = list(nezha.read([inner.read()]))
                spans += len(records)
                assert all(isinstance(one, Span) for one in records)
    assert spans == 179_170

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import azure_llm
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Reject, Span

OF_2023 = b"TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,480,10\r\n2023-11-16 18:17:04.0,9,1"
OF_2024 = b"TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00.009930+00:00,2162,5\n"
OF_2025 = b"TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n2024-10-15 01:02:03.5,2,900,7\n"


def test_seven_digits_and_a_last_line_without_its_end_are_read():
    """An invocation's time is known to 100 ns, how long it took is not."""
    one, two = azure_llm.read([OF_2023])
    assert (one.start_ns, one.end_ns, one.clock) == (1_700_158_623_979_960_000, 1_700_158_623_979_960_000, "utc start")
    assert (one.kind, one.model_call.input_tokens, one.model_call.output_tokens) == ("model", 480, 10)
    assert two.start_ns == 1_700_158_624_000_000_000


@pytest.mark.parametrize("trace", [OF_2023, OF_2024, OF_2025], ids=["2023", "2024", "2025"])
def test_each_year_is_recognised_and_read(trace):
    """The later ones write a zone, or count images."""
    assert azure_llm.recognises(Opening(trace))
    assert all(isinstance(one, Span) for one in azure_llm.read([trace]))


def test_rows_that_say_the_same_are_as_many_invocations():
    """And the same file in other chunks is the same invocations."""
    twice = OF_2024 + OF_2024.partition(b"\n")[2]
    one, two = azure_llm.read([twice])
    assert one.trace_id != two.trace_id
    assert list(azure_llm.read([twice[:50], twice[50:]])) == [one, two]


def test_a_row_without_a_time_is_a_reject():
    """It names its line."""
    _, reject = azure_llm.read([OF_2024, b"yesterday,1,2\n"])
    assert isinstance(reject, Reject)
    assert reject.position == "line 3"


@pytest.mark.real_data
def test_prompts_are_cut_at_the_context_limit(real_data):
    """Hundreds of invocations stop at one length; once in the hour nothing came for 217 s."""
    path = real_data / "raw/azure-llm-2023/data/AzureLLMInferenceTrace_code.csv"
    spans = list(azure_llm.read([path.read_bytes()]))
    lengths = Counter(span.model_call.input_tokens for span in spans)
    assert (len(spans), len({span.trace_id for span in spans})) == (8_819, 8_819)
    assert (lengths[7_436], lengths[7_435], max(lengths)) == (201, 103, 7_437)
    gaps = [later.start_ns - earlier.start_ns for earlier, later in pairwise(spans)]
    assert max(gaps) // 10**9 == 217


@given(st.lists(st.sampled_from([OF_2023, OF_2024, OF_2025, b"\n", b'"', b","]) | st.binary(max_size=8), max_size=5))
def test_any_content_gives_records(pieces):
    """Nothing raises, wherever a file breaks off and another begins."""
    assert all(isinstance(one, Span | Reject) for one in azure_llm.read(pieces))

"""What is written today is what the file says, and the bot reads the file."""

from metabot.telemetry import otlp_json
from metabot.telemetry.record import Span
from tests.instrument.model_calls.golden import GOLDEN, lines


def test_the_file_is_what_is_written():
    """Whoever changes what is recorded sees it in the file's difference."""
    assert "".join(lines()) == GOLDEN.read_text(encoding="utf-8")


def test_the_bot_reads_the_file():
    """Every call with its figures; the one with texts and the one with hashes as the same prompt."""
    with GOLDEN.open("rb") as file:
        spans = [one for one in otlp_json.read(file) if isinstance(one, Span)]
    assert [span.kind for span in spans] == ["model"] * 5 + ["embedding", "model"]
    calls = [span.model_call for span in spans if span.model_call]
    assert [call.input_tokens for call in calls] == [300] * 5 + [None]
    assert [call.finish_reason for call in calls] == ["tool_calls"] * 4 + ["completed", None]
    assert [call.first_token_ns is not None for call in calls] == [False, False, False, True, True, False]
    assert len(calls[0].block_hashes) == 3
    assert calls[0].block_hashes == calls[1].block_hashes == calls[3].block_hashes
    assert spans[-1].error_type == "RateLimitError"

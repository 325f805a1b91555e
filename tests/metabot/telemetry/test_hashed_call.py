"""Hashes where the texts would be; that they agree with the texts is shown where both are written."""

import json

import pytest

from metabot.telemetry import otlp_json
from metabot.telemetry.hashed_call import NAMES
from metabot.telemetry.model_call import spoken
from metabot.telemetry.record import Reject
from metabot_instrument.vocabulary import attributes as names
from tests.metabot.telemetry.bulk import expanded, without_texts
from tests.metabot.telemetry.exports import export, line, otlp_span
from tests.metabot.telemetry.odd_values import ODD


def test_hashes_that_are_none_are_unknown():
    """Anyone can write these attributes: any value in any of them is read in bulk as one by one, and nothing raises."""
    values = [*ODD, "0f" * 8, ["tell"], [7], 256]
    carried = [{name: odd, "gen_ai.operation.name": "chat"} for name in sorted(NAMES) for odd in values] * 2
    spans = [otlp_span(f"{number:016x}", carrying=told) for number, told in enumerate(carried, 1)]
    one_by_one = [one for span in spans for one in otlp_json.read([line(export(span))])]
    assert not [one for one in one_by_one if isinstance(one, Reject)]
    together = sorted(expanded(otlp_json.read([line(export(*spans))])), key=lambda span: span.span_id)
    assert list(map(without_texts, one_by_one)) == together


@pytest.mark.parametrize(
    ("told", "read"),
    [
        pytest.param({names.PROMPT_BLOCKS: "00ff" * 4, names.PROMPT_BLOCK_SIZE: 256}, (0x00FF00FF00FF00FF,), id="one"),
        pytest.param({names.PROMPT_BLOCKS: "00ff" * 4}, (), id="of no size"),
        pytest.param({names.PROMPT_BLOCKS: "00ff" * 5, names.PROMPT_BLOCK_SIZE: 256}, (), id="cut"),
        pytest.param({names.PROMPT_BLOCKS: "zz" * 8, names.PROMPT_BLOCK_SIZE: 256}, (), id="no hexadecimal"),
        pytest.param({names.PROMPT_BLOCKS: 7, names.PROMPT_BLOCK_SIZE: 256}, (), id="a number"),
    ],
)
def test_block_hashes_are_read_as_they_are_written(told, read):
    """Sixteen digits each; a list that was cut is none, for its last hash would be another's."""
    assert spoken(told)["block_hashes"] == read


def test_texts_stand_above_hashes():
    """Where a span has both, the texts are what was said."""
    other = {names.PROMPT_TEXTS: "0" * 16, names.PROMPT_CHARS: 1, names.ANSWER: "0" * 16}
    messages = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "How many?"}]}])
    told = {names.INPUT_MESSAGES: messages, names.OUTPUT_MESSAGES: messages}
    assert spoken({**told, **other}) == spoken(told)


@pytest.mark.parametrize(
    ("offered", "chars"),
    [
        pytest.param(["tell", "weigh"], [7], id="a length is missing"),
        pytest.param(["tell"], [-1], id="no length"),
        pytest.param(["tell"], [2**40], id="longer than anything"),
    ],
)
def test_tools_whose_lengths_are_not_told_are_unknown(offered, chars):
    """Half of a pair would be another tool's."""
    assert spoken({names.TOOLS_OFFERED: offered, names.TOOLS_CHARS: chars})["tools_offered"] == ()

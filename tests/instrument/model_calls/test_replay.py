"""Conversations with metabot's own replay server, recorded, exported over the wire's format, loaded and read again."""

import io
import time

import polars as pl
import pytest

from metabot.replay.player import Player
from metabot.replay.request_log import RequestLog
from metabot.replay.script_file import load
from metabot.replay.server import ReplayServer, start
from tests.instrument.model_calls.recorded import client, read_back, recording
from tests.metabot.telemetry.exports import model_rows

SCRIPT = """
model = "m"
cache = { min_tokens = 64, step_tokens = 16 }

[[rules]]
name = "weather"
assistant_turns = 0
messages = [{ role = "user", pattern = 'in (?P<town>\\w+)' }]
tool_calls = [{ name = "weather", arguments = { town = "{town}" } }]

[[rules]]
name = "report"
tool_results = ["weather"]
messages = [{ role = "tool", pattern = '(?P<degrees>\\d+)' }]
text = "It is {degrees} degrees."
"""
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"town": "Kiel"}'}}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "21"}
QUESTION = [
    {"role": "system", "content": "You report the weather. " * 40},
    {"role": "user", "content": "How warm is it in Kiel?"},
]


@pytest.fixture
def url(tmp_path):
    path = tmp_path / "script.toml"
    path.write_text(SCRIPT, encoding="utf-8")
    player = Player(load(path), seed=0, speed=1000.0, clock=time.monotonic)
    with ReplayServer(0, player, RequestLog(io.StringIO())) as server:
        start(server)
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


def converse(asked, *, stream):
    """Two turns, the second with the tool's result; the usage that the server told of each."""
    more = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    told, messages = [], list(QUESTION)
    for _ in range(2):
        answer = asked.chat.completions.create(model="m", messages=messages, tools=TOOLS, **more)
        *_, last = answer if stream else [answer]
        told.append(last.usage)
        messages += [
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "c1", "content": "21"},
        ]
    return told


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("capture", ["text", "hashes"])
def test_a_conversation_comes_back_with_the_servers_figures(url, capture, stream):
    """Tokens, cached tokens, tools and how far the two prompts are the same."""
    with recording(capture=capture):
        told = converse(client(url), stream=stream)
        calls = model_rows(read_back()).sort("start_ns")
    assert calls["input_tokens"].to_list() == [usage.prompt_tokens for usage in told]
    assert calls["cached_tokens"].to_list() == [usage.prompt_tokens_details.cached_tokens for usage in told]
    assert calls["cached_tokens"][1] > 0
    assert calls["finish_reason"].to_list() == ["tool_calls", "stop"]
    assert calls["tools_called"].to_list() == [["weather"], []]
    first, second = calls["block_hashes"]
    assert first.to_list() == second.to_list()[: len(first)]
    assert calls.select(pl.col("first_token_ns").is_not_null()).to_series().to_list() == [stream, stream]

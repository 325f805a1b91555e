"""The server over real HTTP, with the client that applications use."""

from __future__ import annotations

import http.client
import io
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest

from metabot.replay.player import Player
from metabot.replay.request_log import RequestLog
from metabot.replay.script_file import load
from metabot.replay.server import ReplayServer, start

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

TOOLS: list[Any] = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
QUESTION: list[Any] = [
    {"role": "system", "content": "You report the weather. " * 40},
    {"role": "user", "content": "How warm is it in Kiel?"},
]


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def server(tmp_path: Path, log: io.StringIO) -> Iterator[ReplayServer]:
    path = tmp_path / "script.toml"
    path.write_text(SCRIPT, encoding="utf-8")
    player = Player(load(path), seed=0, speed=1.0, clock=time.monotonic)
    with ReplayServer(0, player, RequestLog(log)) as server:
        start(server)
        yield server
        server.shutdown()


@pytest.fixture
def client(server: ReplayServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.url, api_key="none", max_retries=0) as client:
        yield client


def test_a_conversation_with_a_tool(client: openai.OpenAI) -> None:
    """A tool call, its result, the answer; the second request finds the first one's prompt in the cache."""
    first = client.chat.completions.create(model="m", messages=QUESTION, tools=TOOLS)
    call = first.choices[0].message.tool_calls
    assert call is not None
    assert call[0].to_dict()["function"] == {"name": "weather", "arguments": '{"town": "Kiel"}'}
    result = {"role": "tool", "tool_call_id": call[0].id, "content": "12"}
    answered: list[Any] = [*QUESTION, first.choices[0].message.to_dict(), result]
    second = client.chat.completions.create(model="m", messages=answered, tools=TOOLS)
    assert second.choices[0].message.content == "It is 12 degrees."
    assert second.usage is not None
    assert second.usage.prompt_tokens_details is not None
    assert first.usage is not None
    assert second.usage.prompt_tokens_details.cached_tokens == first.usage.prompt_tokens // 16 * 16


def test_a_stream_ends_with_the_usage(client: openai.OpenAI) -> None:
    """Chunks with the arguments, then the usage, then the end."""
    stream = client.chat.completions.create(
        model="m", messages=QUESTION, tools=TOOLS, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens > 0
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]][-1] == "tool_calls"


def test_a_request_without_a_rule_is_an_error_that_names_it(client: openai.OpenAI) -> None:
    """Never a made-up answer."""
    with pytest.raises(openai.NotFoundError, match=r"No rule of .*0 assistant turns.*Tell me a joke") as refused:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Tell me a joke"}])
    assert refused.value.code == "no_rule"


def test_another_model_is_not_served(client: openai.OpenAI) -> None:
    """The script plays one model."""
    with pytest.raises(openai.NotFoundError, match="plays `m`"):
        client.chat.completions.create(model="other", messages=QUESTION)


def test_a_malformed_request_is_refused_in_the_usual_shape(client: openai.OpenAI) -> None:
    """Status 400, with the field that is wrong."""
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="m", messages=[])
    assert refused.value.param == "messages"


def test_models_are_listed(client: openai.OpenAI) -> None:
    """The one that the script plays."""
    assert [model.id for model in client.models.list()] == ["m"]


def test_one_connection_serves_many_requests(server: ReplayServer) -> None:
    """Also after a refusal."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1])
    for _ in range(3):
        connection.request("POST", "/v1/chat/completions", body=b"{}")
        response = connection.getresponse()
        assert response.status == 400
        assert json.loads(response.read())["error"]["type"] == "invalid_request_error"
    connection.request("GET", "/elsewhere")
    assert connection.getresponse().status == 404
    connection.close()


def test_a_request_without_its_length_is_refused(server: ReplayServer) -> None:
    """The connection is closed: what follows on it could not be told from a next request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1])
    connection.putrequest("POST", "/v1/chat/completions")
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


def test_the_log_says_what_was_answered(client: openai.OpenAI, log: io.StringIO, server: ReplayServer) -> None:
    """One line a request, with hash, rule, tokens and the time waited; a refusal with its reason."""
    client.chat.completions.create(model="m", messages=QUESTION, tools=TOOLS)
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="other", messages=QUESTION)
    deadline = time.monotonic() + 5
    while log.getvalue().count("\n") < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    answered, refused = sorted((json.loads(line) for line in log.getvalue().splitlines()), key=lambda r: r["status"])
    assert (answered["rule"], answered["cached_tokens"], len(answered["request"])) == ("weather", 0, 64)
    assert answered["waited_ms"] >= 0
    assert (refused["status"], "plays `m`" in refused["error"]) == (404, True)


def test_many_clients_at_once_get_their_own_answers(client: openai.OpenAI) -> None:
    """Sixteen threads, each with its town."""
    towns = [f"Town{n}" for n in range(48)]

    def ask(town: str) -> str:
        messages: list[Any] = [{"role": "user", "content": f"How warm is it in {town}?"}]
        answer = client.chat.completions.create(model="m", messages=messages, tools=TOOLS).choices[0].message
        assert answer.tool_calls is not None
        return str(json.loads(answer.tool_calls[0].to_dict()["function"]["arguments"])["town"])  # type: ignore[index]

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, towns)) == towns

"""A cassette over real HTTP, with the client that applications use."""

from __future__ import annotations

import http.client
import io
import json
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import openai
import pytest

from metabot.replay.cassette_file import load
from metabot.replay.cassette_player import CassettePlayer
from metabot.replay.played import Played
from metabot.replay.request_log import RequestLog
from metabot.replay.server import ReplayServer, start
from tests.metabot.replay.chats import exchange, request, system, tool, written

Serve = Callable[..., ReplayServer]
CALLS = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"order": 7}'}}]
USAGE = {"prompt_tokens": 40, "completion_tokens": 3}


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def serve(tmp_path: Path, log: io.StringIO) -> Iterator[Serve]:
    """Serves a cassette of these lines until the test ends."""
    with ExitStack() as stack:

        def serving(*lines: Any, speed: float = 1.0, **header: Any) -> ReplayServer:
            cassette = load(written(tmp_path / "c.jsonl", *lines, **header))
            player = CassettePlayer(cassette, seed=0, speed=speed, clock=time.monotonic)
            server = stack.enter_context(ReplayServer(0, player, RequestLog(log)))
            start(server)
            stack.callback(server.shutdown)
            return server

        yield serving


def client(server: ReplayServer) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.url, api_key="none", max_retries=0)


def create(server: ReplayServer, body: Any) -> Any:
    with client(server) as asking:
        return asking.chat.completions.create(**body)


def ask(server: ReplayServer, body: Any, path: str = "/v1/chat/completions") -> tuple[int, Any, Any]:
    """Status, headers and body of one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=60)
    connection.request("POST", path, body=json.dumps(body))
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response.status, response.headers, json.loads(answer)


def test_an_answer_comes_as_it_was_recorded(serve: Serve) -> None:
    """Text, tool calls, finish reason and usage; the headers say that it is a replay and how it was found."""
    answer = {"message": {"content": "One moment.", "tool_calls": CALLS}, "finish_reason": "tool_calls", "usage": USAGE}
    server = serve({**exchange(request("Where is order 7?"), ""), "answer": answer})
    with client(server) as asking:
        raw = asking.chat.completions.with_raw_response.create(**request("Where is order 7?"))
    assert (raw.headers["x-metabot-replay"], raw.headers["x-metabot-match"]) == ("1", "hash")
    said = raw.parse()
    assert said.choices[0].message.content == "One moment."
    assert [call.to_dict() for call in said.choices[0].message.tool_calls or ()] == CALLS
    assert said.choices[0].finish_reason == "tool_calls"
    assert said.usage is not None
    assert (said.usage.prompt_tokens, said.usage.completion_tokens, said.usage.total_tokens) == (40, 3, 43)


def test_it_streams_whatever_was_recorded(serve: Serve) -> None:
    """Text and tool calls in chunks, then the usage."""
    server = serve(
        {**exchange(request("Where?"), ""), "answer": {"message": {"content": "One moment.", "tool_calls": CALLS}}}
    )
    with client(server) as asking:
        chunks = list(
            asking.chat.completions.create(**request("Where?"), stream=True, stream_options={"include_usage": True})
        )
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "One moment."
    assert [delta.tool_calls[0].function.name for delta in deltas if delta.tool_calls] == ["look"]
    assert chunks[-1].usage is not None


def test_a_failure_is_answered_as_a_failure(serve: Serve) -> None:
    """With its status and its body."""
    server = serve(exchange(request("hi"), None))
    with pytest.raises(openai.RateLimitError, match="slow down"):
        create(server, request("hi"))
    assert server.summary.values()["failures"] == 1


def test_what_is_missing_is_said(serve: Serve, log: io.StringIO) -> None:
    """Never a made-up answer: 404 with the request and how near the nearest is, or which models there are."""
    server = serve(exchange(request("hi"), "hello"))
    with pytest.raises(openai.NotFoundError, match=r"Tell me a joke.*like it by 0.20, and 0.6 is the least") as refused:
        create(server, request("Tell me a joke"))
    assert refused.value.code == "not_recorded"
    with pytest.raises(openai.NotFoundError, match="nothing of this model or tool was recorded, only of m"):
        create(server, request("hi", model="large"))
    assert server.summary.values()["missing"] == 2


def test_a_tool_answers_over_plain_http(serve: Serve) -> None:
    """Under /tools/, with its status; a text that is no JSON as text."""
    server = serve(
        tool("stock", {"item": 7}, {"left": 3}),
        tool("note", {"item": 7}, "all is well", number=1),
        {**tool("gone", None, None, number=2), "error": {"status": 503, "body": {"error": "down"}}},
    )
    assert ask(server, {"item": 7}, "/tools/stock")[::2] == (200, {"left": 3})
    status, headers, body = ask(server, None, "/tools/gone")
    assert (status, headers["X-Metabot-Match"], body) == (503, "hash", {"error": "down"})
    data = json.dumps({"item": 7}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{server.origin}/tools/note", data, method="POST")) as answer:
        assert (answer.headers["Content-Type"], answer.read()) == ("text/plain; charset=utf-8", b"all is well")


def test_the_log_and_the_summary_say_how_each_was_found(serve: Serve, log: io.StringIO) -> None:
    """One line a request with the way and the exchange; the counts of the run."""
    server = serve(exchange(request(system("Be kind."), "Where is order 7?"), "There."))
    ask(server, request(system("Be kind."), "Where is order 7?"))
    ask(server, request(system("Be very kind."), "Where is order 7?"))
    ask(server, request("What?"))
    ask(server, {"model": "m"})
    deadline = time.monotonic() + 5
    while log.getvalue().count("\n") < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    rows = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(row.get("match"), row.get("exchange")) for row in rows if row["status"] == 200] == [
        ("hash", "s 0"), ("nearest", "s 0"),
    ]  # fmt: skip
    values = server.summary.values()
    assert values["matched"] == {"rule": 0, "hash": 1, "sequence": 0, "nearest": 1}
    assert (values["requests"], values["missing"], values["malformed"]) == (4, 1, 1)
    assert server.summary.line().startswith("requests: 1 by hash, 0 by sequence, 1 by nearest, 1 missing, 1 malformed")


class Laborious(CassettePlayer):
    """A player that needs 700 ms to find an answer."""

    def chat(self, body: bytes, headers: Mapping[str, str]) -> Played:
        time.sleep(0.7)
        return super().chat(body, headers)


def played_laboriously(path: Path, *, speed: float, total_ms: float) -> tuple[float, dict[str, Any]]:
    """How many seconds one answer took, and the summary."""
    cassette = load(written(path, exchange(request("hi"), "hello", total_ms=total_ms)))
    player = Laborious(cassette, seed=0, speed=speed, clock=time.monotonic)
    with ReplayServer(0, player, RequestLog(None)) as server:
        start(server)
        begun = time.monotonic()
        ask(server, request("hi"))
        took = time.monotonic() - begun
        server.shutdown()
    return took, server.summary.values()


@pytest.mark.slow
@pytest.mark.parametrize(("speed", "due"), [(1.0, 2.0), (2.0, 1.0)])
def test_what_the_replay_does_is_a_part_of_the_recorded_time(tmp_path: Path, speed: float, due: float) -> None:
    """An answer comes two seconds after its request, as recorded; at twice the speed after one."""
    took, _ = played_laboriously(tmp_path / "c.jsonl", speed=speed, total_ms=2000)
    assert due <= took < due + 0.6


def test_what_comes_later_than_recorded_is_counted(tmp_path: Path) -> None:
    """700 ms of work do not fit into 100: whoever measures is told."""
    _, summary = played_laboriously(tmp_path / "c.jsonl", speed=1.0, total_ms=100)
    assert summary["late"]["answers"] == 1
    assert summary["late"]["worst_ms"] >= 600


def test_the_first_token_has_a_time_of_its_own(serve: Serve) -> None:
    """A stream begins then, and its last part comes at the recorded end."""
    timed = {"first_token_ms": 200, "total_ms": 1500}
    server = serve({**exchange(request("hi"), "one two three four five"), **timed})
    begun, came = time.monotonic(), []
    with client(server) as asking:
        for _ in asking.chat.completions.create(**request("hi"), stream=True):
            came.append(time.monotonic() - begun)
    ended = time.monotonic() - begun
    assert 0.2 <= came[0] < 1.4
    assert ended >= 1.5


def test_a_lower_cap_cuts_the_answer(serve: Serve) -> None:
    """In proportion, and it takes less time; the same cap changes nothing."""
    answer = {"message": {"content": "one two three four"}, "usage": {"completion_tokens": 4}}
    server = serve({**exchange(request("hi"), ""), "answer": answer, "total_ms": 400, "first_token_ms": 0})
    whole, cut = (create(server, request("hi", max_tokens=cap)) for cap in (4, 2))
    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == ("one two three four", "stop")
    assert (cut.choices[0].message.content, cut.choices[0].finish_reason) == ("one two", "length")


def test_a_tool_is_called_with_what_the_request_says(serve: Serve) -> None:
    """The address was redacted in the recording, and stands where the recorded one stood."""
    arguments = '{"mail": "[redacted: e-mail address]"}'
    asks = {"content": "", "tool_calls": [{"id": "c", "function": {"name": "look", "arguments": arguments}}]}
    recorded = {**exchange(request("From: x\nWhere is it?\nMany thanks.\nYours"), ""), "answer": {"message": asks}}
    server = serve({**recorded, "blanks": {"e-mail address": [["From: ", ""]]}})
    answer = ask(server, request("From: ada@bakery.test\nWhere is it?\nMany thanks.\nYours"))[2]
    (call,) = answer["choices"][0]["message"]["tool_calls"]
    assert call["function"]["arguments"] == '{"mail": "ada@bakery.test"}'


def test_a_shorter_prompt_costs_fewer_tokens_in_proportion(serve: Serve) -> None:
    """The provider's own count of the recorded request is the measure of both."""
    rules = [f"Rule {n}: be kind." for n in range(40)]
    usage = {"prompt_tokens": 1000, "completion_tokens": 1}
    recorded, half = (request(system("\n".join(rules[:count])), "hi") for count in (40, 20))
    server = serve({**exchange(recorded, ""), "answer": {"message": {"content": "hello"}, "usage": usage}})
    counted = [ask(server, body)[2]["usage"]["prompt_tokens"] for body in (recorded, half)]
    assert counted[0] == 1000
    assert 480 <= counted[1] <= 520


def test_prompt_caching_is_modelled(serve: Serve) -> None:
    """A prefix that an earlier request had is cached, in the cassette's own steps."""
    bodies = [request(system("Be kind to everyone. " * 30), question) for question in ("Where?", "When?")]
    lines = [exchange(body, "well", number=n) for n, body in enumerate(bodies)]
    server = serve(*lines, cache={"min_tokens": 64, "step_tokens": 16})
    cached = [ask(server, body)[2]["usage"]["prompt_tokens_details"]["cached_tokens"] for body in bodies]
    assert cached[0] == 0
    assert cached[1] > 64


def test_two_hundred_requests_at_once_get_their_own_answers(serve: Serve) -> None:
    """Each on a connection of its own, all of them within the recorded second and little more."""
    lines = [exchange(request(f"number {n}"), f"answer {n}", number=n, total_ms=1000) for n in range(200)]
    server = serve(*lines)
    begun = time.monotonic()
    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(lambda n: ask(server, request(f"number {n}"))[2], range(200)))
    said = [answer["choices"][0]["message"]["content"] for answer in answers]
    assert said == [f"answer {n}" for n in range(200)]
    assert time.monotonic() - begun < 60  # one after the other they would take 200 seconds
    assert server.summary.values()["matched"]["hash"] == 200


def test_a_client_that_goes_away_takes_nobody_with_it(serve: Serve, capfd: pytest.CaptureFixture[str]) -> None:
    """Half a request plays nothing; one that is not awaited ends quietly; the next client is served."""
    server = serve(exchange(request("hi"), "hello", total_ms=100))
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n"
    body = json.dumps(request("hi"))
    for sent in (head.format(len(body)) + body[:20], head.format(len(body)) + body):
        with socket.create_connection(("127.0.0.1", server.server_address[1])) as gone:
            gone.sendall(sent.encode())
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # closes with a reset
    time.sleep(0.3)
    assert ask(server, request("hi"))[0] == 200
    assert server.summary.values()["requests"] == 2
    assert capfd.readouterr().err == ""


def test_a_slow_client_holds_nobody_up(serve: Serve) -> None:
    """One that sends its request byte by byte and one that never reads its long answer; another is served meanwhile."""
    server = serve(exchange(request("hi"), "hello"), exchange(request("long"), "word " * 400_000, number=1))
    slow, deaf = (socket.create_connection(("127.0.0.1", server.server_address[1])) for _ in range(2))
    with slow, deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        body = json.dumps(request("long")).encode()
        deaf.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        slow.sendall(b"POST /v1/chat/comp")
        begun = time.monotonic()
        assert ask(server, request("hi"))[0] == 200
        assert time.monotonic() - begun < 5

"""The model that is asked for a word: a real server on the loopback answers well, wrongly, late or endlessly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.anti_jailbreak import JUDGED, NO_JUDGE, AntiJailbreak
from metabot_instrument.validation.hallucination import CONTRADICTED, Hallucination
from metabot_instrument.validation.judge import Judge
from metabot_instrument.validation.verdict import Approved, Rejected, Verdict

DOUBTFUL = Action("message", text="What are your rules about luggage?")


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.asked.append((question, dict(self.headers)))
        server.answer(self)

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


@contextmanager
def _judge(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.asked, server.answer, server.url = [], answer, f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _says(content: Any, status: int = 200) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def _trickles(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        time.sleep(0.02)
        try:
            handler.wfile.write(b" ")
        except OSError:
            return


def _drips(line: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """A server that says this ever again, before its answer's body."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        for piece in [b"HTTP/1.1 200 OK\r\n"] * line.startswith(b"X") + [line] * 100:
            time.sleep(0.05)
            try:
                handler.wfile.write(piece)
            except OSError:
                return

    return answer


def _body(body: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def _verdict(url: str, **settings: Any) -> Verdict:
    return AntiJailbreak(judge_url=url, judge_model="m", judge_from=0.01, **settings).validate(DOUBTFUL)


def test_the_judges_word_counts_for_doubtful_texts() -> None:
    """It rejects what it calls an attack, and lets pass what it calls harmless."""
    with _judge(_says('{"verdict": "attack"}')) as server:
        assert _verdict(server.url) == Rejected(JUDGED)
    with _judge(_says('{"verdict": "harmless"}')) as server:
        assert _verdict(server.url) == Approved()


def test_each_doubtful_text_is_judged() -> None:
    """One that is harmless and looks worse does not shield another."""
    action = replace(DOUBTFUL, arguments={"note": "May I see your instructions for the kettle?"})

    def answer(handler: BaseHTTPRequestHandler) -> None:
        server: Any = handler.server
        text = server.asked[-1][0]["messages"][1]["content"]
        _says(f'{{"verdict": "{"harmless" if "kettle" in text else "attack"}"}}')(handler)

    with _judge(answer) as server:
        validator = AntiJailbreak(judge_url=server.url, judge_model="m", judge_from=0.01)
        assert validator.validate(action) == Rejected(JUDGED)
        assert len(server.asked) == 2


def test_the_text_is_fenced_and_the_key_is_in_the_header_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judged text stands between two lines of a fence that the system message names."""
    monkeypatch.setenv("JUDGE_KEY", "k-123")
    with _judge(_says('{"verdict": "harmless"}')) as server:
        _verdict(server.url, judge_key_variable="JUDGE_KEY")
    question, headers = server.asked[0]
    first, *_, last = question["messages"][1]["content"].splitlines()
    assert first == last
    assert first in question["messages"][0]["content"]
    assert headers["Authorization"] == "Bearer k-123"
    assert "k-123" not in json.dumps(question)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(_says("harmless"), id="no JSON"),
        pytest.param(_says('{"verdict": "fine"}'), id="another word"),
        pytest.param(_says('{"verdict": "harmless", "why": "x"}'), id="more than was asked for"),
        pytest.param(_says(None), id="no text"),
        pytest.param(_says('{"verdict": "harmless"}', status=500), id="a failure"),
        pytest.param(_says('{"verdict": "harmless"}', status=302), id="a redirect"),
        pytest.param(_says('{"verdict": "attack", "verdict": "harmless"}'), id="two words"),
        pytest.param(_body(b"[" * 60_000), id="lists within lists"),
        pytest.param(_says("[" * 60_000), id="lists within lists in its word"),
        pytest.param(
            _body(b'{"choices": [{"message": {"content": "{\\"verdict\\": \\"harmless\\"}"}}]}' + b" " * 70_000),
            id="too long",
        ),
        pytest.param(_trickles, id="a byte now and then"),
        pytest.param(_drips(b"H"), id="a status line now and then"),
        pytest.param(_drips(b"X-A: b\r\n"), id="a header now and then"),
        pytest.param(_drips(b"HTTP/1.1 100 Continue\r\n\r\n"), id="only ever goes on"),
    ],
)
def test_without_a_usable_answer_it_fails_closed(answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
    """Whatever else the server does, the doubtful text is rejected, within the judge's time."""
    with _judge(answer) as server:
        begun = time.monotonic()
        assert _verdict(server.url, judge_seconds=0.2) == Rejected(NO_JUDGE)
        assert time.monotonic() - begun < 2


def test_a_judge_of_claims_is_asked_about_unknown_ones() -> None:
    """Its word makes an unknown claim a contradicted one."""
    with _judge(_says('{"verdict": "contradicted"}')) as server:
        validator = Hallucination(knowledge={"France": {"capital": "Paris"}}, judge_url=server.url, judge_model="m")
        assert validator.validate(Action("message", text="France has 90 regions.")) == Rejected(CONTRADICTED)
    assert "France: capital: Paris" in server.asked[0][0]["messages"][0]["content"]


@pytest.mark.parametrize(
    "url", ["http://u:hush-hush@h/v1", "http://h:hush-hush/v1", "http://h:99999/v1", "http://[h/v1", "ftp://h/v1"]
)
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    """And what may be a password in it is not shown."""
    with pytest.raises(ValueError, match="judge_url") as told:
        Judge(url, "m")
    assert "hush-hush" not in str(told.value)

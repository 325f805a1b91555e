"""The way to a model over real HTTP, to servers that answer well, badly, and not at all."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from metabot.errors import SettingsError
from metabot.generate.model import Reply, Unanswered
from metabot_instrument import configure, flush
from tests.metabot.generate.models import Asking, asking
from tests.model_server import (
    ModelServer,
    Way,
    drips_headers,
    hangs_up,
    refuses,
    says,
    says_whole,
    sends,
    serving,
    stalls,
    streams,
)

Started = Callable[..., tuple[ModelServer, Asking]]
KEY = "sk-proj-" + "a8Kd93jfLq02mXzP7vBn4RtYw6Hs1GcE5uTi"


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """A server with so many ways to answer, and a pass that asks it."""
    running = []

    def start(*ways: Way, **chosen: object) -> tuple[ModelServer, Asking]:
        server = serving(*ways)
        running.append(server)
        served = server.__enter__()
        return served, asking(served.url, tmp_path, **chosen)

    yield start
    for server in running:
        server.__exit__(None, None, None)


@pytest.mark.parametrize("way", [pytest.param(says("Here it is."), id="streamed"), says_whole("Here it is.")])
def test_an_answer_comes_with_its_cost(started: Started, way: Way) -> None:
    """Text, tokens as the server counted them, and dollars at the list price; streamed or not."""
    _, one = started(way)
    assert one.ask() == Reply(
        text="Here it is.", finish_reason="stop", input_tokens=100, output_tokens=20, cost_usd=pytest.approx(2.7e-05)
    )


def test_a_traced_question_is_a_span_of_its_own(started: Started, tmp_path: Path) -> None:
    """Recorded as applications record theirs: tokens as the server counted them, and neither text nor key."""
    _, one = started(says("Here it is."))
    configure(trace=True, trace_path=str(tmp_path / "trace.jsonl"), service_name="metabot", capture="none")
    try:
        assert isinstance(one.ask(), Reply)
        assert flush()
    finally:
        configure(trace=False)
    (line,) = map(json.loads, (tmp_path / "trace.jsonl").read_text().splitlines())
    assert line["operation"].startswith("chat ")
    assert line["metadata"]["gen_ai.usage.input_tokens"] == 100
    assert line["metadata"]["gen_ai.usage.output_tokens"] == 20
    assert "Here it is." not in str(line)
    assert KEY not in str(line)


def test_a_cut_answer_says_so(started: Started) -> None:
    """What to do with half an answer is the author's to decide."""
    _, one = started(says("Here", finish="length"))
    reply = one.ask()
    assert isinstance(reply, Reply)
    assert (reply.text, reply.finish_reason) == ("Here", "length")
    assert [call.outcome for call in one.asked] == ["cut"]


UNAVAILABLE = [
    pytest.param(refuses(429, "slow down", Retry_After="86400"), "to wait 86,400 s", 1, id="429 for a day"),
    pytest.param(refuses(429, code="insufficient_quota"), "status 429", 1, id="429 for good"),
    pytest.param(refuses(503, "busy"), "status 503. It says “busy”", 4, id="503 each time"),
    pytest.param(refuses(401, "who are you"), "status 401", 1, id="401"),
    pytest.param(refuses(404, "no such model"), "status 404", 1, id="404"),
    pytest.param(refuses(307, Location="http://127.0.0.1:1/v1/chat/completions"), "redirects", 1, id="a redirect"),
    pytest.param(hangs_up, "broke off", 4, id="no answer"),
    pytest.param(says("Here", finish=None), "broke off", 4, id="an answer that ends in the middle"),
    pytest.param(sends(b'data: {"error": {"message": "overloaded"}}\n\n'), "overloaded", 4, id="an error on the way"),
]
UNUSABLE = [
    pytest.param(sends(b"data: {nonsense\n\n"), "no answer of the protocol", id="no JSON"),
    pytest.param(sends(b"data: 5\n\ndata: []\n\n"), "no answer of the protocol", id="JSON of another form"),
    pytest.param(sends(b"data: " + b"[" * 100_000 + b"\n\n"), "no answer of the protocol", id="JSON without an end"),
    pytest.param(sends(b"<html>Welcome", "text/html"), "no answer of the protocol", id="a web page"),
    pytest.param(sends(b"{", "application/json"), "no answer of the protocol", id="half a completion"),
    pytest.param(streams([b"a" * 1_000_000], 100), "larger than max_tokens", id="100 MB in one line"),
    pytest.param(
        streams([b'data: {"choices": [{"delta": {"content": "' + b"a" * 1_000_000 + b'"}}]}\n\n'], 100),
        "larger than max_tokens",
        id="100 MB in pieces",
    ),
    pytest.param(sends(b"\x1f\x8b", Content_Encoding="gzip"), "packed", id="packed"),
    pytest.param(says(""), "with no text", id="an empty answer"),
    pytest.param(says("", finish="tool_calls"), "with no text", id="a call of a tool that was not offered"),
]


@pytest.mark.parametrize(("way", "said", "requests"), UNAVAILABLE)
def test_a_server_that_fails_is_unavailable(started: Started, way: Way, said: str, requests: int) -> None:
    """Tried again where that can help, and the reason told in the server's own words, quoted."""
    server, one = started(way)
    result = one.ask()
    assert isinstance(result, Unanswered)
    assert result.reason == "model unavailable"
    assert said in result.detail
    assert len(server.asked) == len(one.asked) == requests


@pytest.mark.parametrize(("way", "said"), UNUSABLE)
def test_an_answer_that_is_none_is_unusable(started: Started, way: Way, said: str) -> None:
    """It was paid for, so it is not asked for again; nor is more of it read than can have been asked for."""
    server, one = started(way)
    began = time.monotonic()
    result = one.ask()
    assert isinstance(result, Unanswered)
    assert result.reason == "answer unusable"
    assert said in result.detail
    assert len(server.asked) == 1
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("way", [says("", refusal="I will not."), says("", finish="content_filter")])
def test_a_refusal_is_told(started: Started, way: Way) -> None:
    """The model's own, and that of a filter in front of it."""
    _, one = started(way)
    result = one.ask()
    assert isinstance(result, Unanswered)
    assert result.reason == "model refused"
    assert [call.outcome for call in one.asked] == ["refused"]


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(stalls("Her"), id="a stream that stops"),
        pytest.param(stalls("Her", dripping=": wait\n\n"), id="a stream of comments"),
        pytest.param(drips_headers, id="a header without an end"),
    ],
)
def test_nothing_hangs(started: Started, way: Way) -> None:
    """An answer that stops coming is left, whatever else the server sends; the deadline ends the attempts."""
    _, one = started(way, timeout_seconds=0.3, deadline_seconds=0.8)
    began = time.monotonic()
    result = one.ask()
    assert isinstance(result, Unanswered)
    assert result.reason == "model unavailable"
    assert time.monotonic() - began < 10
    assert {call.outcome for call in one.asked} == {"stalled"}


def test_the_deadline_is_of_all_questions_about_one_finding(started: Started) -> None:
    """What a finding's earlier answers took is not there for its later ones."""
    _, one = started(stalls(), timeout_seconds=0.3, deadline_seconds=0.3)
    one.ask()
    second = one.ask()
    assert isinstance(second, Unanswered)
    assert "deadline_seconds" in second.detail
    assert len(one.asked) == 1


def test_tries_again_and_waits_as_asked(started: Started) -> None:
    """A short Retry-After is kept to; without one the wait grows."""
    _, one = started(refuses(429, Retry_After="7"), refuses(500), says("Here."))
    assert isinstance(one.ask(), Reply)
    first, second = one.slept
    assert (first, 1 <= second <= 5) == (7.0, True)
    assert [call.outcome for call in one.asked] == ["status", "status", "answered"]


def test_after_three_failures_in_a_row_nothing_is_asked(started: Started) -> None:
    """A server that is down is not asked for every finding of a pass."""
    server, one = started(refuses(401))
    for _ in range(3):
        one.ask()
    result = one.ask()
    assert isinstance(result, Unanswered)
    assert "3 times in a row" in result.detail
    assert len(server.asked) == 3


def test_validators_of_the_settings_see_each_question(started: Started, tmp_path: Path) -> None:
    """A rate of theirs holds the second one back; what they decided stands in metabot's own events, without text."""
    server, one = started(
        says("Here."), validators=[{"type": "rate_limit", "requests_per_minute": 1, "on_limit": "reject"}]
    )
    assert isinstance(one.ask("A first question"), Reply)
    second = one.ask("A second question")
    assert isinstance(second, Unanswered)
    assert second.reason == "model unavailable"
    assert "rate_limit of [monitoring] validators rejects the question (over the rate)" in second.detail
    assert len(server.asked) == 1
    flush()
    text = (tmp_path / ".metabot/own/events.jsonl").read_text()
    told = [json.loads(line)["payload"] for line in text.splitlines()]
    assert [(one["action"], one["decision"], one["validator"]) for one in told] == [
        ("model_call", "approved", ""),
        ("model_request", "approved", ""),
        ("model_call", "rejected", "rate_limit"),
    ]
    assert "question" not in text


def test_a_validator_that_cannot_be_made_is_said(started: Started) -> None:
    """Before anything is asked."""
    with pytest.raises(
        SettingsError, match=r"\[monitoring\] validators, number 1 \(rate_limit\): .*requests_per_minute"
    ):
        started(says("Here."), validators=[{"type": "rate_limit", "requests_per_minute": 0}])


def test_a_server_that_knows_no_schema_is_asked_for_json_then_for_text(started: Started) -> None:
    """It learns from what the server refuses, remembers it for the pass, and writes the schema into the prompt."""
    server, one = started(refuses(400, "response_format"), refuses(422, "response_format"), says("{}"))
    assert isinstance(one.ask(), Reply)
    assert isinstance(one.ask(), Reply)
    forms = [body.get("response_format", {}).get("type") for body in server.bodies]
    assert forms == ["json_schema", "json_object", None, None]
    assert "JSON schema" not in server.bodies[0]["messages"][-1]["content"]
    assert all('{"type": "object"}' in body["messages"][-1]["content"] for body in server.bodies[1:])


@pytest.mark.parametrize("structured", ["schema", "json", "text"])
def test_a_form_that_the_settings_name_is_kept(started: Started, structured: str) -> None:
    """Only `auto` falls back."""
    server, one = started(refuses(400, "response_format"), structured=structured)
    assert isinstance(one.ask(), Unanswered)
    assert len(server.asked) == 1


def test_parameters_that_a_server_does_not_take_are_left_out(started: Started) -> None:
    """Some models know another name of the limit, and no temperature; some servers no counts in a stream."""
    server, one = started(
        refuses(400, "Use 'max_completion_tokens' instead of 'max_tokens'.", param="max_tokens"),
        refuses(400, "Only the default is supported.", param="temperature"),
        refuses(400, "unknown field stream_options"),
        says("Here."),
        temperature=0.2,
    )
    assert isinstance(one.ask(), Reply)
    last = server.bodies[-1]
    assert last["max_completion_tokens"] == 500
    assert {"max_tokens", "temperature", "stream_options"} & set(last) == set()
    assert last["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize("key", [KEY, "of.no-form-that-is-known"])
def test_the_key_goes_to_the_server_and_nowhere_else(
    started: Started, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str
) -> None:
    """Not into a reason, a reply, the ledger, the spans or any repr, even where the server says it back."""
    monkeypatch.setenv("MODEL_KEY", f"{key}\n")
    echo = says(f"Your key is {key}.")
    server, one = started(refuses(401, f"wrong key {key}"), echo, api_key_variable="MODEL_KEY")
    refused, replied = one.ask(), one.ask()
    assert server.asked[0].headers["authorization"] == f"Bearer {key}"
    shown = [refused, replied, one.model, one.asked, vars(one.model), one.settings]
    assert key not in repr(shown)
    assert all(key.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_key_that_is_not_there_is_asked_for_by_its_name(started: Started) -> None:
    """Nothing is sent without it."""
    server, one = started(says("Here."), api_key_variable="NO_SUCH_KEY")
    result = one.ask()
    assert isinstance(result, Unanswered)
    assert "NO_SUCH_KEY" in result.detail
    assert server.asked == []


def test_a_key_in_the_place_of_its_name_is_not_printed(started: Started) -> None:
    """Keys of some forms could be a variable's name."""
    _, one = started(says("Here."), api_key_variable="hf_" + "a8Kd93jfLq02mXzP7vBn4RtYw6Hs1GcE5uTi")
    result = one.ask()
    assert isinstance(result, Unanswered)
    assert "[redacted: model key]" in result.detail


def test_the_environment_adds_nothing(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine holds for OpenAI does not reach another server, nor what the machine is."""
    for name, value in {
        "OPENAI_API_KEY": KEY,
        "OPENAI_ADMIN_KEY": KEY,
        "OPENAI_ORG_ID": "org-1",
        "OPENAI_PROJECT_ID": "proj-1",
        "OPENAI_CUSTOM_HEADERS": "X-Team: seven",
        "OPENAI_BASE_URL": "http://127.0.0.1:1/v1",
    }.items():
        monkeypatch.setenv(name, value)
    server, one = started(says("Here."))
    assert isinstance(one.ask(), Reply)
    sent = set(server.asked[0].headers)
    assert sent == {"host", "content-type", "content-length", "accept", "user-agent", "accept-encoding"}


def test_a_proxy_of_the_environment_is_taken(started: Started, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """But for what runs on this machine."""
    server, direct = started(says("Here."))
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.url.removesuffix("/v1"))
    assert isinstance(direct.ask(), Reply)
    assert isinstance(asking("http://model.invalid/v1", tmp_path / "proxied").ask(), Reply)
    assert [asked.headers["host"] for asked in server.asked][1] == "model.invalid"


def test_an_address_of_azure_is_asked_with_its_version_and_key(
    started: Started, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The query of base_url stays, and the key stands under Azure's own name."""
    monkeypatch.setenv("MODEL_KEY", KEY)
    server, _ = started(says("Here."))
    azure = f"{server.url}/openai/deployments/mini?api-version=2024-10-21"
    one = asking(azure, tmp_path / "azure", api_key_variable="MODEL_KEY")
    assert isinstance(one.ask(), Reply)
    (asked,) = server.asked
    assert asked.handler.path == "/v1/openai/deployments/mini/chat/completions?api-version=2024-10-21"
    assert asked.headers["api-key"] == KEY
    assert "authorization" not in asked.headers


def test_secrets_and_personal_data_stay_here(started: Started) -> None:
    """Whatever the author put into a prompt."""
    server, one = started(says("Here."))
    one.ask(f"KEY = '{KEY}'  # ask ada@shop.test\u202e\U000e0041")
    sent = server.bodies[0]["messages"][0]["content"]
    assert sent == "KEY = '[redacted: model key]'  # ask [redacted: e-mail address]\\u202e\\U000e0041"

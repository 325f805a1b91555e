"""The store's calls as a cassette's exchanges, and these played for the requests that were recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analyzers.frames import CALLS, SPANS
from metabot.replay import asked, tool_request
from metabot.replay.cassette import Answer, Cassette, Reply
from metabot.replay.cassette_file import lines
from metabot.replay.cassette_file import load as read_cassette
from metabot.replay.tape import Found, Tape
from metabot.store.capture import Capture
from metabot.store.exchanges import cassette_of
from metabot.store.frames import Chosen, frame
from metabot.store.load import Loading, load_each
from metabot.store.store import Store
from tests.metabot.telemetry.exports import BEGIN_NS, MS, TRACE, export, otlp_span

MAIL = "ada@bakery.test"
SYSTEM = {"role": "system", "content": "You bake.\nBe kind."}
QUESTION = {"role": "user", "content": f"From: {MAIL}\nWhere is order 7?"}
ARGUMENTS = {"mail": MAIL, "order": 7}
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": json.dumps(ARGUMENTS)}}
FIRST = [SYSTEM, QUESTION]
SECOND = [*FIRST, {"role": "assistant", "content": None, "tool_calls": [CALL]}]
SECOND += [{"role": "tool", "tool_call_id": "c1", "content": '{"status": "sent"}'}]
TOOLS = [{"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": {}}}]


def said(*parts: Mapping[str, Any], reason: str = "stop") -> str:
    return json.dumps([{"role": "assistant", "parts": list(parts), "finish_reason": reason}])


def call(number: int, messages: list[Any], answer: str | None, **more: Any) -> dict[str, Any]:
    """A model call as an application records it, half a second each."""
    begin = BEGIN_NS + number * 1000 * MS
    times = {"startTimeUnixNano": str(begin), "endTimeUnixNano": str(begin + 500 * MS)}
    carrying = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.conversation.id": "ticket 7",
        "gen_ai.input.messages": json.dumps(messages),
        "gen_ai.tool.definitions": json.dumps(TOOLS),
        "gen_ai.usage.input_tokens": 40,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.server.time_to_first_token": 0.2,
        **({} if answer is None else {"gen_ai.output.messages": answer}),
    }
    return otlp_span(f"aaaa19b7ec3c1b{number:02x}", carrying=carrying | more.pop("carrying", {}), **times, **more)


ASKS = said({"type": "tool_call", "id": "c1", "name": "look", "arguments": ARGUMENTS}, reason="tool_call")
TELLS = said({"type": "text", "content": f"Sent, {MAIL}."})
TOOL = otlp_span(
    "bbbb19b7ec3c1b01",
    name="execute_tool look",
    startTimeUnixNano=str(BEGIN_NS + 600 * MS),
    endTimeUnixNano=str(BEGIN_NS + 635 * MS),
    carrying={
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look",
        "gen_ai.tool.call.arguments": json.dumps({"order": 7}),
        "gen_ai.tool.call.result": '{"status": "sent"}',
    },
)


def exported(tmp_path: Path, *spans: Any, capture: Capture = "redacted", chosen: Chosen = Chosen()) -> Cassette:  # noqa: B008
    """Loaded, exported, written and read again."""
    telemetry, out = tmp_path / "traces.json", tmp_path / "c.jsonl"
    telemetry.write_text(json.dumps(export(*spans)))
    with Store.temporary() as store:
        list(load_each(store, telemetry, Loading(capture=capture)))
        cassette = cassette_of(store, chosen, path=out)
    if cassette.exchanges:
        out.write_text("".join(lines(cassette)), encoding="ascii")
        assert read_cassette(out).exchanges == cassette.exchanges
    return cassette


def body(messages: list[Any]) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": messages, "tools": TOOLS}


def found(cassette: Cassette, messages: list[Any]) -> Found:
    answer = Tape(cassette, seed=0).find(asked.chat(json.dumps(body(messages)).encode(), {}))
    assert isinstance(answer, Found)
    return answer


def test_a_recorded_request_is_found_by_hash(tmp_path: Path) -> None:
    """Though what the store keeps of it is redacted, and arguments were recorded in another spelling than they are
    sent: the hash is of what was recorded.
    """
    cassette = exported(tmp_path, call(0, FIRST, ASKS), TOOL, call(1, SECOND, TELLS))
    assert [(one.kind, one.sequence, one.number) for one in cassette.exchanges] == [
        ("model", "s1", 0), ("tool", "s1", 1), ("model", "s1", 2),
    ]  # fmt: skip
    first, second = found(cassette, FIRST), found(cassette, SECOND)
    assert (first.way, first.exchange.number) == ("hash", 0)
    assert (second.way, second.exchange.number) == ("hash", 2)


def test_the_answer_is_what_was_recorded(tmp_path: Path) -> None:
    """Tool calls with their ids, tokens, the reason it ended, and both latencies."""
    first, tool, second = exported(tmp_path, call(0, FIRST, ASKS), TOOL, call(1, SECOND, TELLS)).exchanges
    assert isinstance(first.answer, Answer)
    assert [(identity, name) for identity, name, _ in first.answer.calls] == [("c1", "look")]
    assert json.loads(first.answer.calls[0][2])["order"] == 7
    assert (first.answer.finish_reason, first.answer.prompt_tokens, first.answer.completion_tokens) == (
        "tool_calls", 40, 5,
    )  # fmt: skip
    assert (first.first_token_ms, first.total_ms) == (200.0, 500.0)
    assert isinstance(second.answer, Answer)
    assert (second.answer.text, second.answer.finish_reason) == ("Sent, [redacted: e-mail address].", "stop")
    assert (tool.likeness.model, tool.answer, tool.total_ms) == (
        "POST /tools/look", Reply(status=200, body='{"status": "sent"}'), 35.0,
    )  # fmt: skip


@pytest.mark.parametrize("capture", ["redacted", "full"])
def test_no_personal_data_stands_in_it(tmp_path: Path, capture: Capture) -> None:
    """Whatever the store keeps; nor which session or trace it was."""
    cassette = exported(tmp_path, call(0, FIRST, ASKS), call(1, SECOND, TELLS), capture=capture)
    written = "".join(lines(cassette))
    for text in (MAIL, "ticket 7", TRACE):
        assert text not in written
    assert found(cassette, SECOND).way == "hash"
    assert cassette.removed == ({"e-mail address": 2} if capture == "full" else {})


def test_a_blank_is_known_by_what_stands_around_it(tmp_path: Path) -> None:
    """So that the tool is called with the address that the request says."""
    cassette = exported(tmp_path, call(0, FIRST, ASKS))
    assert cassette.exchanges[0].blanks == {"e-mail address": (("From: ", ""),)}


def test_a_tool_is_found_by_its_arguments(tmp_path: Path) -> None:
    """Under its own name, without what its span puts in front."""
    tape = Tape(exported(tmp_path, TOOL), seed=0)
    answer = tape.find(asked.tool(tool_request.read("POST", "/tools/look", b'{"order":7}'), {}))
    assert isinstance(answer, Found)
    assert answer.way == "hash"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"http.response.status_code": 529}, 529, id="recorded"),
        pytest.param({"error.type": "openai.RateLimitError"}, 429, id="by its name"),
        pytest.param({"error.type": "KeyError"}, 500, id="of no known kind"),
    ],
)
def test_a_failure_is_a_failure(tmp_path: Path, fields: dict[str, Any], status: int) -> None:
    """With the recorded status, or the one that the error's name tells, and its message redacted."""
    failed = call(0, FIRST, None, status={"code": 2, "message": f"slow down, {MAIL}"}, carrying=fields)
    (one,) = exported(tmp_path, failed).exchanges
    assert isinstance(one.answer, Reply)
    assert one.answer.status == status
    assert one.answer.body["error"]["message"] == "slow down, [redacted: e-mail address]"


@pytest.mark.parametrize(
    ("spans", "capture", "left_out"),
    [
        pytest.param([call(0, FIRST, None)], "redacted", {"the answer was not recorded": 1}, id="no answer"),
        pytest.param(
            [call(0, FIRST, TELLS, carrying={"gen_ai.request.model": ""})],
            "redacted",
            {"which model it was, was not recorded": 1},
            id="no model",
        ),
        pytest.param([call(0, [], TELLS)], "redacted", {"the request was not recorded": 1}, id="no request"),
        pytest.param([call(0, FIRST, TELLS)], "hashes", {"the answer's text is not kept": 1}, id="hashes alone"),
    ],
)
def test_what_cannot_be_rebuilt_is_counted(
    tmp_path: Path, spans: list[Any], capture: Capture, left_out: dict[str, int]
) -> None:
    """By reason; half an exchange is none."""
    cassette = exported(tmp_path, *spans, capture=capture)
    assert (cassette.exchanges, cassette.left_out) == ((), left_out)


def test_a_public_source_answers_for_nobody(tmp_path: Path) -> None:
    """Whoever can write to our input could otherwise speak in the model's place."""
    telemetry = tmp_path / "traces.json"
    telemetry.write_text(json.dumps(export(call(0, FIRST, TELLS))))
    with Store.temporary() as store:
        list(load_each(store, telemetry, Loading(capture="redacted", trust="public")))
        cassette = cassette_of(store, Chosen(), path=tmp_path / "c.jsonl")
    assert (cassette.exchanges, cassette.left_out) == ((), {"from a public source": 1})


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        (Chosen(traces=(TRACE,)), 1),
        (Chosen(traces=("0" * 32,)), 0),
        (Chosen(services=("bakery",)), 0),
        (Chosen(since_ns=BEGIN_NS + 1), 0),
    ],
)
def test_only_what_is_chosen(tmp_path: Path, chosen: Chosen, count: int) -> None:
    """By trace, service and time."""
    assert len(exported(tmp_path, call(0, FIRST, TELLS), chosen=chosen).exchanges) == count


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("folder", ["agent-prism", "agentevals", "any-agent", "smoltrace"])
def test_of_real_recordings_every_call_is_exported_or_counted(real_data: Path, folder: str, tmp_path: Path) -> None:
    """Nothing is lost in silence; what is written is read again."""
    with Store.temporary() as store:
        for path in sorted((real_data / "raw" / folder).rglob("*.json*")):
            list(load_each(store, path, Loading(capture="redacted")))
        cassette = cassette_of(store, Chosen(), path=tmp_path / "c.jsonl")
        calls = frame(store, CALLS).collect().height
        tools = frame(store, SPANS).filter(pl.col("kind").is_in(["tool", "retrieval"])).collect().height
    assert len(cassette.exchanges) + sum(cassette.left_out.values()) == calls + tools > 0
    (tmp_path / "c.jsonl").write_text("".join(lines(cassette)), encoding="ascii")
    assert read_cassette(tmp_path / "c.jsonl").exchanges == cassette.exchanges
    assert sum(one.kind == "model" for one in cassette.exchanges) > 0

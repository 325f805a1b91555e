"""Which exchange answers which request, and how it was found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metabot.replay import asked, tool_request
from metabot.replay.cassette import Answer
from metabot.replay.cassette_file import load
from metabot.replay.tape import Found, Missing, Tape
from tests.metabot.replay.chats import assistant, exchange, request, system, tool, written

Ask = Callable[..., tuple[str, str] | float | None]


def asking(path: Path, *lines: Any, seed: int = 0) -> Ask:
    """A way to ask the tape of these lines: how the answer was found and what it says, or how near the nearest is."""
    tape = Tape(load(written(path, *lines)), seed=seed)

    def ask(body: dict[str, Any], **headers: str) -> tuple[str, str] | float | None:
        found = tape.find(asked.chat(json.dumps(body).encode(), headers))
        if isinstance(found, Missing):
            return found.nearest
        answer = found.exchange.answer
        return found.way, answer.text if isinstance(answer, Answer) else str(answer.status)

    return ask


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.jsonl"


def test_by_hash_whatever_the_spelling(path: Path) -> None:
    """Order of keys, streaming and white space are no part of what is asked."""
    ask = asking(path, exchange(request("hi", temperature=0), "hello"))
    spelled = {"stream": True, "temperature": 0.0, "messages": [{"content": "hi", "role": "user"}], "model": "m"}
    assert ask(spelled) == ("hash", "hello")


def test_by_the_hashes_of_its_texts(path: Path) -> None:
    """Of a recording that holds no whole request; arguments of a call match in any spelling of their JSON."""
    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": '{"a": 1, "b": 2}'}}
    said = [{"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "c", "content": "5"}]
    body = request("How many?", *said)
    recorded = {**exchange(body, "five"), "request": None}
    texts = load(written(path, recorded)).exchanges[0].texts
    recorded = {key: value for key, value in recorded.items() if key != "body"} | {"model": "m", "texts": list(texts)}
    call["function"] = {"name": "look", "arguments": '{"b":2,"a":1}'}
    assert asking(path, recorded)(body | {"user": "someone"}) == ("hash", "five")


def test_each_of_equal_requests_is_played_in_its_turn(path: Path) -> None:
    """A request that failed and was sent again fails and is answered; then the answer comes again."""
    ask = asking(
        path, exchange(request("hi"), None), exchange(request("hi"), "hello", number=1), *others(30), seed=1
    )  # fmt: skip
    assert [ask(request("hi")) for _ in range(3)] == [("hash", "429"), ("hash", "hello"), ("hash", "hello")]


def others(count: int) -> list[Any]:
    return [exchange(request(f"other {n}"), "well", sequence="others", number=n) for n in range(count)]


def test_the_sequence_that_a_conversation_follows_comes_first(path: Path) -> None:
    """Two sessions asked the same second question and heard different answers."""
    lines = [
        exchange(request(f"I am {name}."), f"Hello {name}", sequence=name) for name in ("Ada", "Bob")
    ] + [
        exchange(request("And now?"), f"Goodbye {name}", sequence=name, number=1) for name in ("Ada", "Bob")
    ]  # fmt: skip
    ask = asking(path, *lines)
    named = {"X-Metabot-Sequence": "mine"}
    assert ask(request("I am Bob."), **named) == ("hash", "Hello Bob")
    assert ask(request("And now?"), **named) == ("hash", "Goodbye Bob")
    assert ask(request("And now?"), **named) == ("hash", "Goodbye Ada")


def turns(rules: str) -> list[dict[str, Any]]:
    """The requests of a conversation of three turns under these instructions."""
    said: list[Any] = [system(rules), "Where is order 7?"]
    bodies = [request(*said)]
    for answer, question in (("On its way.", "Since when?"), ("Since Monday.", "Thanks!")):
        said += [assistant(answer), question]
        bodies.append(request(*said))
    return bodies


def test_a_changed_prompt_follows_the_sequence(path: Path) -> None:
    """The first request is found by its likeness, what continues it by its sequence, in order."""
    recorded = [exchange(body, f"answer {n}", number=n) for n, body in enumerate(turns("Be kind."))]
    elsewhere = [exchange(body, "no", sequence="t", number=n) for n, body in enumerate(turns("Be rude.\nBe quick."))]
    ask = asking(path, *recorded, *elsewhere)
    assert [ask(body) for body in turns("Be very kind.\nBe kind.")] == [
        ("nearest", "answer 0"), ("sequence", "answer 1"), ("sequence", "answer 2"),
    ]  # fmt: skip


def test_a_trace_carries_the_sequence_where_the_prompt_does_not(path: Path) -> None:
    """The later request shares no beginning with the earlier one."""
    recorded = [exchange(body, f"answer {n}", number=n) for n, body in enumerate(turns("Be kind."))]
    ask, headers = asking(path, *recorded), {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    assert ask(turns("Be kind.")[0], **headers) == ("hash", "answer 0")
    later = request(system("It is Monday."), "Where is it?", assistant("Here."), "When did it leave?")
    assert ask(later, **headers) == ("sequence", "answer 1")


def test_a_sequence_answers_the_side_that_spoke(path: Path) -> None:
    """After a tool's result comes what followed a tool's result, not what was said to a user."""
    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    result = {"role": "tool", "tool_call_id": "c", "content": "5"}
    used = request("How many?", {"role": "assistant", "tool_calls": [call]}, result)
    ask = asking(
        path,
        exchange(request("How many?"), "let me look"),
        exchange(request("How many?", assistant("let me look"), "Well?"), "soon", number=1),
        exchange(used, "five", number=2),
    )
    assert ask(request("How many?")) == ("hash", "let me look")
    used["messages"][-1] = {**result, "content": "6"}
    assert ask(used) == ("sequence", "five")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(request("Tell me a joke."), id="nothing like it"),
        pytest.param(request("hi", model="large"), id="another model"),
    ],
)
def test_nothing_is_made_up(path: Path, body: dict[str, Any]) -> None:
    """Below the floor there is no answer."""
    nearest = asking(path, exchange(request("hi"), "hello"))(body | {"temperature": 1})
    assert nearest is None or nearest == pytest.approx(0.2)


def test_a_tape_that_is_played_longer_fails_at_the_recorded_rate(path: Path) -> None:
    """A fifth of the recording failed; so does about a fifth of what is asked for again, and the seed decides which."""
    lines = [exchange(request("hi"), "hello")] + [
        exchange(request(f"bad {n}"), None, sequence=f"b{n}") for n in range(2)
    ] + others(7)  # fmt: skip
    runs = [[asking(path, *lines, seed=seed)(request("hi")) for _ in range(1)] for seed in (1, 1)]
    assert runs[0] == runs[1] == [("hash", "hello")]
    ask, again = asking(path, *lines, seed=1), asking(path, *lines, seed=1)
    heard = [ask(request("hi")) for _ in range(401)][1:]
    assert [again(request("hi")) for _ in range(401)][1:] == heard
    assert 0.15 < heard.count(("hash", "429")) / 400 < 0.25


@pytest.mark.parametrize(
    ("method", "target", "body", "way"),
    [
        pytest.param("POST", "/tools/search", b'{"limit":3.0,"query":"oven"}', "hash", id="the same"),
        pytest.param("POST", "/tools/search", b'{"query":"oven","limit":3,"lang":"de"}', "nearest", id="one more"),
        pytest.param("POST", "/tools/search", b'{"query":"kiln"}', None, id="other arguments"),
        pytest.param("DELETE", "/tools/search", b'{"query":"oven","limit":3}', None, id="another method"),
        pytest.param("GET", "/tools/weather?town=Kiel&day=1", b"", "hash", id="a query"),
        pytest.param("GET", "/tools/weather?day=1&town=Kiel", b"", "hash", id="a query in another order"),
    ],
)
def test_tools_are_found_by_method_path_and_arguments(
    path: Path, method: str, target: str, body: bytes, way: str | None
) -> None:
    """A JSON body in any spelling; an answer to other arguments would be a lie."""
    weather = tool("weather", None, {"degrees": 12}, number=1, method="GET", query="town=Kiel&day=1")
    tape = Tape(load(written(path, tool("search", {"query": "oven", "limit": 3}, ["a"]), weather)), seed=0)
    found = tape.find(asked.tool(tool_request.read(method, target, body), {}))
    assert (found.way if isinstance(found, Found) else None) == way


def test_a_tools_next_exchange_is_its_sequences(path: Path) -> None:
    """With the trace of an earlier request: the same tool's next answer, of the same sequence."""
    lines = [
        exchange(request("hi"), "hello"),
        tool("clock", {"at": "09:00"}, "tick", number=1),
        tool("clock", {"at": "10:00"}, "tock", number=2),
    ]
    tape, headers = Tape(load(written(path, *lines)), seed=0), {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    tape.find(asked.chat(json.dumps(request("hi")).encode(), headers))
    for answer in ("tick", "tock"):
        found = tape.find(asked.tool(tool_request.read("POST", "/tools/clock", b'{"at": "now"}'), headers))
        assert isinstance(found, Found)
        assert (found.way, getattr(found.exchange.answer, "body", None)) == ("sequence", answer)

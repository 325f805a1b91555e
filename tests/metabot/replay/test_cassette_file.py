"""A cassette's file: what is written is read again, and what is broken is refused with its line."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.replay.cassette import Answer, Cassette, CassetteError, Exchange, Reply
from metabot.replay.cassette_file import is_cassette, lines, load
from metabot.replay.likeness import Likeness
from metabot.replay.script import Cache
from tests.metabot.replay.chats import exchange, request, tool, written

HASHES = st.lists(st.integers(0, 2**64 - 1).map("{:016x}".format), max_size=3).map(tuple)
NAMES = st.none() | st.lists(st.text(max_size=5), max_size=3).map(tuple)
COUNTS = st.none() | st.integers(0, 10**9)
TOTALS = st.none() | st.floats(1000, 10**7)
FIRSTS = st.none() | st.floats(0, 1000)
CALLS = st.tuples(st.text(), st.text(), st.text())
ANSWERS = st.builds(
    Answer,
    text=st.text(),
    calls=st.lists(CALLS, max_size=2).map(tuple),
    finish_reason=st.sampled_from(["stop", "length", "tool_calls"]),
    prompt_tokens=COUNTS,
    completion_tokens=COUNTS,
)
BODIES = st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner))
REPLIES = st.builds(Reply, status=st.integers(200, 599), body=BODIES)
FAILURES = st.builds(Reply, status=st.integers(400, 599), body=BODIES)
MODELS = st.builds(
    Exchange,
    kind=st.just("model"),
    sequence=st.sampled_from(["s1", "s2"]),
    number=st.integers(0, 10**6),
    request=st.none() | st.integers(0, 2**256 - 1).map("{:064x}".format),
    texts=HASHES,
    likeness=st.builds(
        Likeness, model=st.text(min_size=1), tools=NAMES, roles=NAMES, pieces=HASHES, last=HASHES
    ),
    modelled_tokens=COUNTS,
    answer=ANSWERS | FAILURES,
    blanks=st.dictionaries(st.text(), st.lists(st.tuples(st.text(), st.text()), max_size=2).map(tuple), max_size=2),
    first_token_ms=FIRSTS,
    total_ms=TOTALS,
)  # fmt: skip
TOOLS = st.builds(
    lambda path, pieces, answer, number: Exchange(
        kind="tool",
        sequence="s1",
        number=number,
        request=None,
        texts=(),
        likeness=Likeness(model=f"POST /tools/{path}", tools=None, roles=None, pieces=pieces, last=pieces),
        modelled_tokens=None,
        answer=answer,
        first_token_ms=None,
        total_ms=None,
    ),
    st.text(),
    HASHES,
    REPLIES,
    st.integers(0, 10**6),
)


@given(
    st.lists(MODELS | TOOLS, min_size=1, max_size=6, unique_by=lambda one: (one.sequence, one.number)),
    st.dictionaries(st.text(), st.integers(0, 9), max_size=2),
)
def test_what_is_written_is_read_again(exchanges: list[Exchange], left_out: dict[str, int]) -> None:
    """Every exchange, each sequence in the order of its numbers, and what the header tells."""
    places = {sequence: place for place, sequence in reversed(list(enumerate(one.sequence for one in exchanges)))}
    ordered = tuple(sorted(exchanges, key=lambda one: (places[one.sequence], one.number)))
    cassette = Cassette(path="", exchanges=ordered, cache=Cache(min_tokens=7), left_out=left_out)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cassette.jsonl")
        path.write_text("".join(lines(cassette)), encoding="ascii")
        again = load(path)
    assert (again.exchanges, again.cache, again.left_out) == (ordered, cassette.cache, left_out)


GOOD = exchange(request("hi"), "hello")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("", "line 1: is empty. A cassette begins with its header", id="empty"),
        pytest.param('{"schema": "metabot.ca', "line 1: is torn or no JSON", id="a torn header"),
        pytest.param('{"schema": "metabot.cassette/2"}\n', "plays metabot.cassette/1. Export", id="another version"),
        pytest.param('{"rows": 3}\n', "line 1: schema is None", id="another format"),
        pytest.param('{"schema": "metabot.cassette/1"}\n', "line 1: no exchange follows the header", id="no exchange"),
        pytest.param('{"schema": "metabot.cassette/1", "by": 1}\n', "by is no key of the header", id="a foreign key"),
    ],
)
def test_a_broken_beginning_is_refused(tmp_path: Path, content: str, said: str) -> None:
    """With the file, the line and what to do."""
    path = tmp_path / "c.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CassetteError, match="^" + str(path)) as refused:
        load(path)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param([1], "is no JSON object", id="a list"),
        pytest.param({**GOOD, "kind": "person"}, "kind is 'person'. Write model or tool", id="kind"),
        pytest.param({**GOOD, "answr": 1}, "answr is no key of an exchange with a model", id="a foreign key"),
        pytest.param({**GOOD, "answer": None}, "has neither an answer with a message nor an error", id="no answer"),
        pytest.param({**GOOD, "number": -1}, "number is -1", id="number"),
        pytest.param({**GOOD, "total_ms": "5"}, "total_ms is '5'", id="a time that is a text"),
        pytest.param({**GOOD, "first_token_ms": 9, "total_ms": 5}, "after total_ms, 5", id="first after last"),
        pytest.param({**GOOD, "body": {"model": "m"}}, "body is no request to a model: messages", id="body"),
        pytest.param({**GOOD, "body": None}, "names no model", id="no request"),
        pytest.param({**GOOD, "body": None, "model": "m", "texts": ["x"]}, "texts must be a list of hashes", id="hash"),
        pytest.param({**GOOD, "error": {"status": 200, "body": ""}}, "error has status 200", id="no failure"),
        pytest.param({**GOOD, "blanks": {"x": [["a"]]}}, "blanks must be an object of lists", id="blanks"),
        pytest.param({**tool("x", 1, 2), "path": "/x"}, "Write a path that begins with /tools/", id="path"),
        pytest.param({**tool("x", 1, 2), "answer": {}}, "has no answer with a body", id="a tool without answer"),
        pytest.param(GOOD, "number 0 of sequence 's' stands before. Number it anew", id="twice"),
    ],
)
def test_a_broken_line_is_refused(tmp_path: Path, line: Any, said: str) -> None:
    """It is the third of this file."""
    path = written(tmp_path / "c.jsonl", GOOD, line)
    with pytest.raises(CassetteError, match=": line 3: ") as refused:
        load(path)
    assert said in str(refused.value)


def test_a_torn_line_is_refused(tmp_path: Path) -> None:
    """As a full disk leaves it."""
    path = written(tmp_path / "c.jsonl", GOOD, {**GOOD, "number": 1})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CassetteError, match=r"line 3: is torn or no JSON: .*Remove the line, or export"):
        load(path)


def test_lines_that_are_missing_are_noticed(tmp_path: Path) -> None:
    """A file that ends early at the end of a line."""
    path = written(tmp_path / "c.jsonl", GOOD, exchanges=2)
    with pytest.raises(CassetteError, match=r"line 1: the header tells of 2 exchanges and 1 follow: the file is torn"):
        load(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Named, with what to do."""
    with pytest.raises(CassetteError, match=r"gone.jsonl: cannot be read: No such file.*Name a script or a cassette"):
        load(tmp_path / "gone.jsonl")


def test_a_body_says_what_its_hashes_would(tmp_path: Path) -> None:
    """A person writes the request itself; the key is made of it."""
    one = load(written(tmp_path / "c.jsonl", GOOD)).exchanges[0]
    assert (one.likeness.model, one.likeness.roles, len(one.texts)) == ("m", ("user",), 1)
    assert one.request is not None
    hashed = {key: value for key, value in GOOD.items() if key != "body"}
    path = written(tmp_path / "d.jsonl", {**hashed, "model": "m", "texts": list(one.texts), "request": one.request})
    assert load(path).exchanges[0].texts == one.texts


@pytest.mark.parametrize(
    ("content", "is_one"),
    [
        ("", True),
        (json.dumps({"schema": "x"}), True),
        ('\n {"a"', True),
        ('model = "m"', False),
        ("[a]\nb = {}", False),
    ],
)
def test_a_cassette_is_told_by_its_content(tmp_path: Path, content: str, is_one: bool) -> None:
    """Whatever it is called. An empty file can be no script either, and the refusal names the cassette's header."""
    path = tmp_path / "named.toml"
    path.write_text(content, encoding="utf-8")
    assert is_cassette(path) is is_one


def test_the_example_of_the_documentation_is_a_cassette(tmp_path: Path) -> None:
    """A model's answer, a tool's, and a failure."""
    page = (Path(__file__).parents[3] / "docs/replay.md").read_text(encoding="utf-8")
    (example,) = [block for block in page.split("```json\n")[1:] if block.startswith('{"schema": "metabot.cassette/')]
    path = tmp_path / "c.jsonl"
    path.write_text(example.split("```")[0], encoding="utf-8")
    assert [(one.kind, one.failed) for one in load(path).exchanges] == [
        ("model", False), ("tool", False), ("model", True),
    ]  # fmt: skip

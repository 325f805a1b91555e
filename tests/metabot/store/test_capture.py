"""What is kept of recorded text, down to the bytes on the disk. The people and the secrets in it never were."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.config import Settings, parse
from metabot.errors import SettingsError
from metabot.redact import SEARCHES, redact
from metabot.sensitive.kind import Searched
from metabot.store.batches import Batch
from metabot.store.capture import Capture, Keeper, pseudonym
from metabot.store.load import Loaded, Loading, load_each
from metabot.store.sources import removals, sources
from metabot.store.store import Store, opened
from metabot.telemetry.pieces import hash_text
from metabot.telemetry.record import ModelCall, Record, Reject, Sample, Span

LETTERS = "a8Kd93jfLq02mXzP7vBn4RtYw6Hs1GcE5uTi"
MAIL = "ada.lovelace@bakery.test"
KEY = "sk-proj-" + LETTERS
SAID = f"I am {MAIL}, my key is {KEY}, my home /home/lovelace/bread"
FORMAT = "tests.metabot.store.test_capture.read"


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    """A reader of the tests' own: each line names what it shall say, and says it everywhere."""
    for line in b"".join(chunks).splitlines():
        yield from _said(**json.loads(line))


SENT: Final = "x " * 90 + KEY


def _said(said: str, number: int, history: list[str]) -> Iterator[Record]:
    texts = {hash_text(text): text for text in history}
    where: dict[str, Any] = {"trace_id": f"t{number}", "parent_id": None, "service": said, "session_id": said}
    times: dict[str, Any] = {"start_ns": 10**18, "end_ns": 10**18 + number, "status": "error", "operation": said}
    call = ModelCall(model=said, texts=texts, request_hashes=tuple(texts), scope=said, response_id="r")
    yield Span(span_id="m", kind="model", model_call=call, **where, **times)
    yield Span(
        span_id="s", kind="tool", input=said, output=said, error_message=said, error_type=said, code_file=said,
        **where, **times,
    )  # fmt: skip
    yield Sample(name="loaves", kind="gauge", service=said, labels=(("who", said),), time_ns=number, value=1)
    yield Reject(position=said, reason=said, head=said)
    yield Reject(position="a cut piece", reason="cut", head=SENT[:200])  # half of the key


def write(path: Path, *conversations: list[str], said: str = SAID) -> Path:
    rows = [{"said": said, "number": number, "history": history} for number, history in enumerate(conversations)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def load(store: Store, path: Path, capture: Capture = "redacted", **how: Any) -> Loaded:
    (found,) = load_each(store, path, Loading(format=FORMAT, capture=capture, **how))
    assert isinstance(found, Loaded)
    return found


def kept(store: Store) -> dict[str, list[str]]:
    """Every text in every table, by table and column."""
    tables = store.connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE data_type = 'VARCHAR' AND NOT internal"
    ).fetchall()
    return {
        f"{table}.{column}": [
            value
            for (value,) in store.connection.execute(f'SELECT "{column}" FROM "{table}"').fetchall()
            if value is not None
        ]
        for table, column in tables
        if (table, column) != ("sources", "path")  # the user's own name of the file
    }


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("capture", ["redacted", "full", "hashes"])
def test_no_secret_reaches_the_disk_in_any_mode(tmp_path: Path, capture: Capture) -> None:
    """Neither a table nor a byte of the store's files holds it, whatever field it stood in."""
    path = write(tmp_path / "a.jsonl", [SAID], [SAID, "and more"])
    with opened(tmp_path / "kept" / "store.duckdb", purpose="a test", waiting=print) as store:
        load(store, path, capture)
        found = kept(store)
    assert [name for name, values in found.items() if any(LETTERS[:20] in value for value in values)] == []
    assert LETTERS[:20].encode() not in on_disk(tmp_path / "kept")


@pytest.mark.parametrize("capture", ["redacted", "hashes"])
def test_no_person_reaches_the_disk_unless_all_is_kept(tmp_path: Path, capture: Capture) -> None:
    """Addresses and users' names go from operations, services, models, sessions, labels and rejects as well."""
    path = write(tmp_path / "a.jsonl", [SAID])
    with opened(tmp_path / "kept" / "store.duckdb", purpose="a test", waiting=print) as store:
        load(store, path, capture)
        found = kept(store)
    assert [name for name, values in found.items() if any("lovelace" in value for value in values)] == []
    assert b"lovelace" not in on_disk(tmp_path / "kept")


def test_full_keeps_what_was_said(tmp_path: Path) -> None:
    """All but the secret."""
    with Store.temporary() as store:
        load(store, write(tmp_path / "a.jsonl", [SAID]), "full")
        found = kept(store)
    wanted = SAID.replace(KEY, "[redacted: model key]")
    assert (found["texts.text"], found["spans.input"], found["rejects.head"][0]) == ([wanted], [wanted], wanted)


def test_hashes_keeps_what_programs_said_and_nothing_that_users_did(tmp_path: Path) -> None:
    """No prompt, answer, argument, result or piece of the file; error messages, redacted; hashes as recorded."""
    with Store.temporary() as store:
        load(store, write(tmp_path / "a.jsonl", [SAID]), "hashes")
        found = kept(store)
        hashes = store.connection.execute("SELECT request_hashes FROM model_spans").fetchall()
    assert (found["texts.text"], found["spans.input"], found["spans.output"]) == ([], [], [])
    assert set(found["rejects.head"]) == {""}
    assert found["spans.error_message"][0].startswith("I am [redacted: e-mail address]")
    assert hashes == [([hash_text(SAID)],)]


def test_sessions_stay_apart_under_pseudonyms(tmp_path: Path) -> None:
    """The same address is the same session in every file; two are two. One without personal data keeps its name."""
    with Store.temporary() as store:
        for number, said in enumerate(("ada@bakery.test", "bob@bakery.test", "ada@bakery.test", "session-7")):
            path = write(tmp_path / f"{number}.jsonl", *[["hello"]] * (number + 1), said=said)
            load(store, path)
        sessions = set(kept(store)["spans.session_id"])
        labels = {json.loads(one)["who"] for one in kept(store)["samples.labels"]}
    assert sessions == labels == {pseudonym("ada@bakery.test"), pseudonym("bob@bakery.test"), "session-7"}


def test_a_conversation_that_is_sent_fifty_times_is_kept_once(tmp_path: Path) -> None:
    """Each call resends all that was said before: 50 texts are kept, not 1,275."""
    turns = [f"turn {number}: {SAID}" for number in range(50)]
    with Store.temporary() as store:
        load(store, write(tmp_path / "a.jsonl", *(turns[: number + 1] for number in range(50))))
        load(store, write(tmp_path / "b.jsonl", turns, said="b"))
        found = kept(store)["texts.text"]
    assert len(found) == 50
    assert all("[redacted: model key]" in text for text in found)


def test_what_was_removed_is_counted_by_kind_and_source(tmp_path: Path) -> None:
    """In texts, contents and messages at each place; in names once, however many spans carry them."""
    path = write(tmp_path / "a.jsonl", ["write to bob@bakery.test", "or to eve@bakery.test"], said="quiet")
    other = write(tmp_path / "b.jsonl", ["nothing"], ["to see"], said="quiet too")
    named = write(tmp_path / "c.jsonl", ["nothing"], ["new"], said="7 bread@bakery.test")
    with Store.temporary() as store:
        loaded = load(store, path), load(store, other), load(store, named)
        once, each = 1, 2 * 3 + 2  # as a name; as input, output and error of two spans, as head of two rejects
        counts = {(path, FORMAT): {"e-mail address": 2}, (named, FORMAT): {"e-mail address": once + each}}
        assert removals(store) == counts
        assert [one.removed for one in loaded] == [2, 0, once + each]
        assert [one.removed for one in reversed(sources(store))] == [2, 0, once + each]


def test_texts_that_the_store_holds_count_for_a_later_source_too(tmp_path: Path) -> None:
    """They are not looked at again, yet the second source had as much taken out as the first."""
    history = ["write to bob@bakery.test", "or to eve@bakery.test, and eve@shop.test"]
    with Store.temporary() as store:
        first = load(store, write(tmp_path / "a.jsonl", history, said="quiet"))
        second = load(store, write(tmp_path / "b.jsonl", ["hi", *history], said="still"))
    assert first.removed == second.removed == 3


def test_a_text_of_a_public_source_becomes_an_internal_one_s(tmp_path: Path) -> None:
    """Whoever wrote it first does not decide what it is."""
    with Store.temporary() as store:
        load(store, write(tmp_path / "a.jsonl", ["hello"], said="quiet"), trust="public")
        load(store, write(tmp_path / "b.jsonl", ["hello"], said="still"), trust="internal")
        load(store, write(tmp_path / "c.jsonl", ["hello", "you"], said="so"), trust="public")
        rows = store.connection.execute("SELECT text, public FROM texts ORDER BY text").fetchall()
    assert rows == [("hello", False), ("you", True)]


def test_the_settings_decide_and_refuse_another_word(tmp_path: Path) -> None:
    """`redacted` where nothing is said."""
    chosen: Settings = parse({"store": {"capture": "hashes"}}, name="it", root=tmp_path)
    assert chosen.store.capture == "hashes"
    assert parse({}, name="it", root=tmp_path).store.capture == "redacted"
    with pytest.raises(SettingsError, match=r"\[store\] capture"):
        parse({"store": {"capture": "some"}}, name="it", root=tmp_path)


CASES: Final = (
        MAIL, KEY, "ghp_" + LETTERS, "AKIA" + "ABCDEFGHIJKLMNOP", "password=" + "hunter22", "4111 1111 1111 1111",
        "GB82 WEST 1234 5698 7654 32", "+49 30 901820", "(212) 555-0123", "/home/lovelace/x", r"C:\Users\ada\x",
        "https://ada:" + "pw12345@x.test", "client_ip=203.0.113.7", "Bearer " + LETTERS, "pk-lf-" + LETTERS,
        "-----BEGIN PRIVATE " + "KEY-----\nabc", "Authorization: Basic " + "YWRhOmh1bnRlcg==", "--token " + LETTERS,
        "?sig=" + LETTERS, "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + LETTERS, "ya29." + LETTERS,
        "x-api-key: " + LETTERS, "AccountKey=" + LETTERS, "ada%40bakery.test", "Ada Byron <ada@bakery.test>",
)  # fmt: skip


@given(
    st.lists(st.one_of(st.text(st.characters(codec="utf-8"), max_size=20), st.sampled_from(CASES)), max_size=6),
    st.sampled_from(["", " ", "\n", '"']),
)
def test_many_texts_at_once_lose_what_each_alone_does(parts: list[str], between: str) -> None:
    """The hints miss nothing: looking only where they point finds as much as looking everywhere."""
    texts = ["so many that an engine is asked " * 600, between.join(parts), *parts]
    assert list(Keeper("redacted").messages(texts)) == [redact(text)[0] for text in texts]


def test_names_of_labels_are_searched_as_their_values_are() -> None:
    """Programs that log a mapping as labels write its keys as names."""
    keeper = Keeper("redacted")
    batch = Batch(False, keeper)
    batch.sample(Sample(name="n", kind="gauge", service="s", labels=((MAIL, KEY),), time_ns=1, value=1.0))
    (labels,) = batch.sampled()["labels"].to_pylist()
    assert json.loads(labels) == {pseudonym(MAIL): pseudonym(KEY)}


def test_labels_that_are_no_text_cost_nothing_else(tmp_path: Path) -> None:
    """A lone surrogate in a label is replaced."""
    with Store.temporary() as store:
        found = load(store, write(tmp_path / "a.jsonl", ["hello"], said="bread \ud800"), "full")
        assert kept(store)["samples.labels"] == ['{"who":"bread ?"}']
    assert (found.samples, found.spans) == (1, 0)


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.find.__name__)
def test_every_search_has_a_case_here(search: Any) -> None:
    """A kind whose hint nobody tries could miss everything."""
    cases = [*CASES, "MIIEow\nabc=\n-----END PRIVATE " + "KEY-----", "hooks.slack.com/services/" + LETTERS]
    assert any(list(search.find(Searched(text))) for text in cases)


ATTRIBUTES: Final = (
    "gen_ai.request.model", "gen_ai.response.model", "gen_ai.provider.name", "gen_ai.conversation.id", "session.id",
    "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.prompt", "gen_ai.completion", "input.value",
    "output.value", "gen_ai.tool.name", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.agent.name",
    "gen_ai.system_instructions", "error.type", "code.file.path", "code.function.name", "user.id", "db.query.text",
    "exception.type", "exception.message", "exception.stacktrace", "gen_ai.response.finish_reasons", "url.full",
    "deployment.environment.name", "service.version", "vcs.ref.head.revision", "service.name",
)  # fmt: skip


@pytest.mark.parametrize("operation", ["chat", "execute_tool", "invoke_agent", "retrieval"])
def test_no_attribute_of_a_span_is_a_way_around(tmp_path: Path, operation: str) -> None:
    """A span that says it in its name, its status, its events and every attribute, read by OTLP's own reader."""
    said = [{"key": name, "value": {"stringValue": SAID}} for name in ATTRIBUTES]
    kind = {"key": "gen_ai.operation.name", "value": {"stringValue": operation}}
    span = {
        "traceId": "0" * 31 + "1", "spanId": "0" * 15 + "2", "name": SAID, "kind": 3,
        "startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000001000000000",
        "attributes": [kind, *said], "status": {"code": 2, "message": SAID},
        "events": [{"name": name, "timeUnixNano": "1790000000500000000", "attributes": said}
                   for name in ("exception", SAID, "gen_ai.evaluation.result")],
    }  # fmt: skip
    path = tmp_path / "a.json"
    spans = [{"scope": {"name": SAID}, "spans": [span, {**span, "spanId": "0" * 15 + "3", "attributes": said}]}]
    path.write_text(json.dumps({"resourceSpans": [{"resource": {"attributes": said}, "scopeSpans": spans}]}))
    with Store.temporary() as store:
        (found,) = load_each(store, path, Loading())
        assert isinstance(found, Loaded)
        assert (found.spans, found.format) == (2, "otlp-json")
        left = {name for name, values in kept(store).items() for value in values if "lovelace" in value or KEY in value}
    assert left == set()

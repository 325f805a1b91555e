"""What is spent on a model: checked before, written down after, counted over restarts; over real HTTP and SQLite."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from analyzers.finding import Fingerprint
from analyzers.frames import CALLS, SPANS
from metabot.config import Source
from metabot.generate.asking import trail
from metabot.generate.asking.asked import Asked
from metabot.generate.asking.budget import Allowance, Books
from metabot.generate.model import Reply, Unanswered
from metabot.ingest import ingest
from metabot.ledger.ledger import Ledger
from metabot.production import divided
from metabot.store.frames import Chosen, written
from metabot.store.store import Store
from tests.metabot.generate.models import ABOUT, asking
from tests.model_server import Way, chunk, refuses, says, sends, serving, stalls

OTHER = Fingerprint("ba9876543210")
OPEN = Allowance(tokens_per_proposal=1000, tokens_per_day=1000, usd_per_proposal=1.0, usd_per_day=1.0)


def request(tokens: int = 300) -> Asked:
    return Asked(
        about=ABOUT,
        model="m",
        server="s",
        prompt_hash="p",
        started_ns=1_790_000_000_000_000_000,
        seconds=0.0,
        outcome="under way",
        status=None,
        input_tokens=tokens,
        output_tokens=0,
        counted=False,
        cost_usd=None,
    )


def _reserve(books: Books, results: list[int | str]) -> None:
    results.append(books.reserve(request(), OPEN))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        pytest.param({"budget_tokens_per_proposal": 740}, "budget_tokens_per_proposal is 740"),
        pytest.param({"budget_tokens_per_day": 740}, "budget_tokens_per_day is 740"),
        pytest.param({"budget_usd_per_proposal": 0.00034}, "budget_usd_per_proposal is 0.00034"),
        pytest.param({"budget_usd_per_day": 0.00034}, "budget_usd_per_day is 0.00034"),
    ],
)
def test_what_could_exceed_a_limit_is_not_asked(tmp_path: Path, limits: dict[str, float], said: str) -> None:
    """The first request fits by the most that it can take; what it took leaves too little for the most of a second."""
    with serving(says("Here.")) as server:
        one = asking(server.url, tmp_path, **limits)
        assert isinstance(one.ask(), Reply)
        refused = one.ask()
    assert isinstance(refused, Unanswered)
    assert refused.reason == "budget spent"
    assert said in refused.detail
    assert len(server.asked) == len(one.asked) == 1


def test_a_retry_is_a_request_like_any_other(tmp_path: Path) -> None:
    """A stream that stops was begun, and counts by the most that it can have cost: the budget ends the attempts."""
    with serving(stalls("Her")) as server:
        one = asking(server.url, tmp_path, timeout_seconds=0.2, budget_tokens_per_proposal=1300)
        refused = one.ask()
    assert isinstance(refused, Unanswered)
    assert refused.reason == "budget spent"
    assert len(server.asked) == 2
    assert sum(call.input_tokens + call.output_tokens for call in one.asked) <= 1300


def test_what_a_server_refuses_costs_nothing(tmp_path: Path) -> None:
    """An error is an answer without tokens."""
    with serving(refuses(503)) as server:
        one = asking(server.url, tmp_path, budget_tokens_per_proposal=740)
        one.ask()
    assert len(server.asked) == 4
    assert {(call.outcome, call.status, call.input_tokens, call.cost_usd) for call in one.asked} == {
        ("status", 503, 0, 0.0)
    }


def test_each_finding_has_its_own_budget_and_the_day_has_one(tmp_path: Path) -> None:
    """Another finding may be asked about until the day's is spent."""
    with serving(says("Here.")) as server:
        one = asking(server.url, tmp_path, budget_tokens_per_proposal=740, budget_tokens_per_day=860)
        assert isinstance(one.ask(), Reply)
        assert isinstance(one.ask(about=OTHER), Reply)
        refused = one.ask(about=Fingerprint("0" * 12))
    assert isinstance(refused, Unanswered)
    assert "budget_tokens_per_day" in refused.detail


def test_the_day_goes_on_over_restarts(tmp_path: Path) -> None:
    """A new pass begins with what the last one left; a request that metabot did not live to settle counts whole."""
    with serving(says("Here.")) as server:
        killed = Ledger(tmp_path / ".metabot/ledger.sqlite")
        first = asking(server.url, tmp_path, budget_tokens_per_day=1000)
        assert isinstance(first.ask(), Reply)
        settled = first.asked[0]
        killed.books(killed.begin_pass()).reserve(replace(settled, input_tokens=300), OPEN)
        refused = asking(server.url, tmp_path, budget_tokens_per_day=1000).ask()
    assert isinstance(refused, Unanswered)
    assert "440 tokens are spent" in refused.detail


def test_two_passes_cannot_both_spend_what_is_left(tmp_path: Path) -> None:
    """The check and the reservation are one step."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    books = [ledger.books(ledger.begin_pass()) for _ in range(8)]
    results: list[int | str] = []
    threads = [threading.Thread(target=_reserve, args=(one, results)) for one in books]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(result, int) for result in results) == 3


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(says("Here.", counts=None), id="none"),
        pytest.param(
            sends(
                f"data: {json.dumps(chunk('Here.', finish='stop'))}\n\n"
                'data: {"choices": [], "usage": {"prompt_tokens": -5, "completion_tokens": true}}\n\n'.encode()
            ),
            id="impossible ones",
        ),
    ],
)
def test_without_counts_the_most_is_taken(tmp_path: Path, way: Way) -> None:
    """Bytes of the prompt and max_tokens: no fewer can be excluded."""
    with serving(way) as server:
        one = asking(server.url, tmp_path)
        reply = one.ask()
    assert isinstance(reply, Reply)
    sent = server.bodies[0]["messages"][0]["content"]
    assert reply.input_tokens >= len(sent)
    assert reply.output_tokens == 500
    assert [call.counted for call in one.asked] == [False]


def test_your_own_price_goes_before_the_list(tmp_path: Path) -> None:
    """And where neither knows the model, tokens alone are counted, and the reason says so."""
    with serving(says("Here.")) as server:
        own = asking(server.url, tmp_path / "own", prices=[{"model": "gpt-4o-mini", "input": 1.0, "output": 10.0}])
        reply = own.ask()
        unknown = asking(server.url, tmp_path / "unknown", name="our-own-7b", budget_tokens_per_proposal=10)
        refused = unknown.ask()
    assert isinstance(reply, Reply)
    assert reply.cost_usd == pytest.approx((100 * 1.0 + 20 * 10.0) / 1e6)
    assert isinstance(refused, Unanswered)
    assert "our-own-7b has no known price, tokens count alone" in refused.detail


def test_the_ledger_keeps_every_request(tmp_path: Path) -> None:
    """What it was about, its hash, its tokens, its cost, how long it took and how it ended; and no text."""
    with serving(refuses(500), says("Here.")) as server:
        one = asking(server.url, tmp_path)
        one.ask("a prompt like no other")
    failed, answered = one.asked
    assert (failed.outcome, answered.outcome) == ("status", "answered")
    assert failed.prompt_hash == answered.prompt_hash
    assert (answered.model, answered.server) == ("gpt-4o-mini", server.url.split("/")[2])
    assert answered.seconds > 0
    assert b"no other" not in one.settings.ledger.path.read_bytes()


def test_own_requests_are_spans_that_analysis_leaves_out(tmp_path: Path) -> None:
    """The file loads as telemetry of the service metabot, of which nothing is said about production."""
    with serving(says("Here.")) as server:
        one = asking(server.url, tmp_path)
        one.ask()
    path = one.settings.state / trail.FILE
    with Store.temporary() as store:
        ingest(store, [Source(path=str(path))], one.settings, progress=str)
        live, apart = divided({frame.name: written(store, frame, tmp_path, Chosen()) for frame in (SPANS, CALLS)})
        assert apart is not None
        calls = apart["calls"].collect()
        assert [frame.collect().height for frame in live.values()] == [0, 0]
    assert calls.select("service", "operation", "model", "input_tokens", "output_tokens").rows() == [
        ("metabot", "chat gpt-4o-mini", "gpt-4o-mini", 100, 20)
    ]
    assert path.stat().st_mode & 0o077 == 0

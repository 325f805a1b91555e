"""What an agent measured of itself and logged, from its files to findings, and on to a repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from repositories import repository

from metabot.analysis import Analysis, analyze
from metabot.cli.findings import findings_lines
from metabot.cli.markdown import as_markdown
from metabot.cli.show import finding_page
from metabot.config import parse
from metabot.place.placement import Placed
from metabot.place.placing import place
from metabot.stopped import Stopped
from metabot.store.load import Loading, load_each
from metabot.store.store import Store

SESSIONS = 12
SAMPLES = 60


def moment(seconds: float) -> str:
    return (datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat()


def exports() -> Iterator[str]:
    """Of twelve sessions of an hour: it plans for long, leaks 4 MB a minute, and one took 3,000,000 tokens."""
    for number in range(SESSIONS):
        begin, tokens = number * 7200, 3_000_000 if number == 7 else 40_000 + number * 1000
        stays = {"planning": (12, 14_000), "acting": (30, 800), "reading": (30, 500), "IDLE": (10, 90_000)}
        memory = [
            {"timestamp": moment(begin + 60 * minute), "rss_bytes": 150_000_000 + minute * 4_000_000}
            for minute in range(SAMPLES)
        ]
        yield json.dumps({
            "format": "metabot-monitor", "version": 1, "service": "desk", "session_id": f"s{number}",
            "started_at": moment(begin), "exported_at": moment(begin + 3600), "tools": {},
            "states": {name: {"entries": entries, "total_ms": entries * ms} for name, (entries, ms) in stays.items()},
            "llm": {"calls": 10, "models": {"large-1": {"calls": 10, "input": tokens, "output": 100}}},
            "memory": {"limit_bytes": 512_000_000, "samples": memory},
        })  # fmt: skip


def decisions() -> Iterator[str]:
    """Of forty actions every fourth is blocked."""
    for number in range(40):
        how = "approved" if number % 4 else "rejected"
        step = {"validator": "rate_limit", "decision": how, "reason": "over the rate", "latency_ms": 0.2}
        payload = {"action": "tool", "key": "search", **step, "decisions": [step]}
        ids = {"task_id": f"t{number}", "session_id": f"s{number % SESSIONS}"}
        yield json.dumps({"event": "validator_decision", "timestamp": moment(number * 60), "payload": payload, **ids})


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    folder = tmp_path_factory.mktemp("recorded")
    files = {"monitor.jsonl": exports(), "events.jsonl": decisions()}
    with Store.temporary() as store:
        for name, lines in files.items():
            (folder / name).write_text("\n".join(lines))
            for loaded in load_each(store, folder / name, Loading()):
                assert not isinstance(loaded, Exception)
        return analyze(store, parse({}, name="config.toml", root=folder))


def test_all_four_come_out_of_its_files(analysis: Analysis) -> None:
    """Each with the figure that the agent's own counts come to."""
    found = {one.candidate.analyzer: one.candidate for one in analysis.findings}
    assert set(found) == {"slow-state", "runaway-usage", "memory-growth", "validator-friction"}
    assert found["slow-state"].evidence.observed.value == 14_000
    assert found["memory-growth"].evidence.observed.value == pytest.approx(240, rel=0.02)
    assert found["validator-friction"].evidence.observed.value == 0.25
    assert "takes 3,000,100 tokens" in found["runaway-usage"].problem


def test_they_are_told_in_words_of_their_own(analysis: Analysis) -> None:
    """Sessions and runs are no traces, and what a stay costs is no call's."""
    assert findings_lines(analysis.findings)
    pages = "\n".join(line for one in analysis.findings for line in finding_page(one))
    assert "144 times in 12 of 12 sessions" in pages
    assert "12 times in 12 of 12 runs" in pages
    assert "s an entry" in pages
    assert "12 runs of 12" in as_markdown(analysis)


def test_they_end_at_a_repository_without_harm(analysis: Analysis, tmp_path: Path) -> None:
    """Whatever stands there, each is placed or says why it is not."""
    files = {"desk/planning.py": "def planning():\n    return acting()\n\n\ndef acting():\n    pass\n"}
    target = repository(tmp_path, files)
    ends = [place(one, target, base_branch="main") for one in analysis.findings]
    assert all(isinstance(end, Placed | Stopped) for end in ends)

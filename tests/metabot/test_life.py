"""What metabot tells of its own life."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metabot import life
from metabot.config import Settings, parse
from metabot_instrument.current import configure
from tests.proposals import finding


def settings(tmp_path: Path, text: str = "") -> Settings:
    return parse({"telemetry": {}} if not text else json.loads(text), name="config.toml", root=tmp_path)


def told(folder: Path) -> list[dict[str, Any]]:
    log = folder / ".metabot" / life.EVENTS
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def test_a_pass_begins_and_is_over(tmp_path: Path) -> None:
    """Its events stand beside the ledger, of the service metabot, and bear the pass's number."""
    with life.of_pass(settings(tmp_path), 7) as came:
        came["opened"] = 2
        life.analyzed([finding()], [finding()])
    begun, looked, raised, over = told(tmp_path)
    assert [one["event"] for one in (begun, looked, raised, over)] == [
        "pass_started",
        "analysis_completed",
        "finding_raised",
        "pass_completed",
    ]
    assert begun["service"] == "metabot"
    assert {one["session_id"] for one in (begun, looked, raised, over)} == {"pass-7"}
    assert over["payload"]["opened"] == 2
    assert raised["task_id"] == finding().fingerprint
    assert raised["payload"] == {"finding": finding().fingerprint, "analyzer": finding().candidate.analyzer}


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_one_that_breaks_says_so_without_its_words(tmp_path: Path, error: type[BaseException]) -> None:
    """An error's words may hold text of the telemetry; its kind does not. A pass that a person ends has failed, too."""

    def break_off() -> None:
        with life.of_pass(settings(tmp_path), 1):
            raise error("a stranger's words")

    with pytest.raises(error, match="stranger"):
        break_off()
    last = told(tmp_path)[-1]
    assert (last["event"], last["payload"]) == ("pass_failed", {"error": error.__name__})


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    """The pass goes on; the instrument counts."""
    (tmp_path / ".metabot").write_text("a file where the folder should be")
    done = []
    with life.of_pass(settings(tmp_path), 1):
        done.append("work")
    assert done == ["work"]


def test_an_endpoint_of_the_environment_is_the_applications(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the settings send metabot's own telemetry anywhere."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    configure(endpoint="http://127.0.0.1:1")
    life.telling(settings(tmp_path))
    assert life.current().endpoint == ""

"""Whether what the settings put before and behind metabot's own calls can be made."""

from __future__ import annotations

from pathlib import Path

from metabot.doctor import monitoring
from tests.metabot.doctor.looked import lines, made


def test_what_is_made_is_named(tmp_path: Path) -> None:
    """Without any, what there is all the same."""
    assert [state for state, _ in lines(monitoring.monitoring, made(tmp_path))] == ["ok"]
    tables = {"validators": [{"type": "anti_jailbreak"}], "monitors": [{"type": "performance"}]}
    said = lines(monitoring.monitoring, made(tmp_path, monitoring=tables))
    assert [state for state, _ in said] == ["ok", "ok"]
    assert "anti_jailbreak before" in said[0][1]
    assert "performance watching" in said[1][1]


def test_what_cannot_be_made_is_a_problem_each(tmp_path: Path) -> None:
    """A validator without its rate and a monitor with too much of a share."""
    tables = {"validators": [{"type": "rate_limit"}], "monitors": [{"type": "usage_patterns", "sample_rate": 3}]}
    said = lines(monitoring.monitoring, made(tmp_path, monitoring=tables))
    assert [state for state, _ in said] == ["problem", "problem"]
    assert "requests_per_minute" in said[0][1]
    assert "usage_patterns" in said[1][1]

"""`[monitoring]` of an application's TOML file."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabot_instrument import Action, monitoring_of

GOOD = """
[monitoring]
validators = [{ type = "rate_limit", priority = 50, requests_per_minute = 1, on_limit = "reject" }]
monitors = [{ type = "usage_patterns", sample_rate = 0.1 }]
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "agent.toml"
    path.write_text(text)
    return path


def test_validators_and_monitors_come_out_of_it(tmp_path: Path) -> None:
    """With their settings, and with the pipeline's options."""
    pipeline, layer = monitoring_of(written(tmp_path, GOOD), retries=0)
    assert [pipeline.validate(Action("message")).outcome for _ in range(2)] == ["approved", "rejected"]
    assert list(layer.report()) == ["usage_patterns"]
    assert layer.close()


def test_what_is_left_out_is_empty(tmp_path: Path) -> None:
    """But not the section: a file without it is more likely the wrong file."""
    pipeline, layer = monitoring_of(written(tmp_path, "[monitoring]"))
    assert pipeline.validate(Action("message")).allowed
    assert layer.report() == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", r"agent.toml: has no section \[monitoring\].\n  Write one, as in", id="no section"),
        pytest.param("monitoring = 1", "has no section", id="no table"),
        pytest.param("[monitoring", "agent.toml: is not TOML: ", id="no TOML"),
        pytest.param(
            "[monitoring]\nvalidator = []",
            r"agent.toml: \[monitoring\] validator: is no setting of it.\n  Did you mean validators\?",
            id="a wrong key",
        ),
        pytest.param(
            '[monitoring]\nvalidators = [{ type = "rate_limt" }]',
            r"agent.toml: \[monitoring\] validators, number 1 \(rate_limt\): .*\n  Did you mean rate_limit\?",
            id="a wrong type",
        ),
        pytest.param(
            '[monitoring]\nmonitors = [{ type = "usage_patterns", rate = 1 }]',
            r"\[monitoring\] monitors, number 1 \(usage_patterns\): rate is none",
            id="a wrong key of a monitor",
        ),
    ],
)
def test_what_will_not_do_is_told(tmp_path: Path, text: str, words: str) -> None:
    """With the file, the place in it and what to write."""
    with pytest.raises(ValueError, match=words):
        monitoring_of(written(tmp_path, text))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Nothing is approved because a file is missing."""
    with pytest.raises(ValueError, match=r"none.toml: cannot be read: No such file"):
        monitoring_of(tmp_path / "none.toml")

"""The jobs that settings ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabot import config
from metabot.errors import SettingsError
from metabot.schedule.jobs import jobs_of


def settings(tmp_path: Path, **values: object) -> config.Settings:
    given = {"sources": [{"path": "calls.json"}], "target": {"repository": "."}, **values}
    return config.parse(given, name="config.toml", root=tmp_path)


def test_each_runs_the_command_of_its_name_with_the_same_settings(tmp_path: Path) -> None:
    """By this interpreter, and by the whole path of the settings file; what has no time is left out."""
    load, run = jobs_of(settings(tmp_path, schedule={"watch": ""}), Path("config.toml"))
    assert (load.command[-3:], run.command[-3:]) == (
        ("load", "--config", str(Path("config.toml").resolve())),
        ("run", "--config", str(Path("config.toml").resolve())),
    )
    assert (load.seconds, run.seconds) == (900, 7200)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        pytest.param({}, ["load", "run", "watch"], id="everything"),
        pytest.param({"sources": []}, ["run", "watch"], id="nothing to load"),
        pytest.param({"target": {}}, ["load", "run"], id="no pull requests to watch"),
    ],
)
def test_what_has_nothing_to_do_is_left_out(tmp_path: Path, values: dict[str, object], names: list[str]) -> None:
    """It would fail every few minutes, and say nothing that is not known."""
    assert [job.name for job in jobs_of(settings(tmp_path, **values), Path("config.toml"))] == names


def test_each_gets_the_secrets_that_it_uses_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading sees neither the token nor the model's key, looking at pull requests does not see the key."""
    for name in ("A_TOKEN", "A_KEY"):
        monkeypatch.setenv(name, "secret")
    of = {
        job.name: {name for name in ("A_TOKEN", "A_KEY", "PATH") if name in job.environment}
        for job in jobs_of(
            settings(tmp_path, github={"token_variable": "A_TOKEN"}, model={"api_key_variable": "A_KEY"}),
            Path("c.toml"),
        )
    }
    assert of == {"load": {"PATH"}, "run": {"A_TOKEN", "A_KEY", "PATH"}, "watch": {"A_TOKEN", "PATH"}}


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        pytest.param({"run": "0 6 * *"}, r'run = "0 6 \* \*": needs five fields', id="no cron expression"),
        pytest.param({"load": "", "run": "", "watch": ""}, "no job has both", id="nothing to run"),
    ],
)  # fmt: skip
def test_refuses(tmp_path: Path, schedule: dict[str, object], said: str) -> None:
    """Told by the setting's name, with what to write."""
    with pytest.raises(SettingsError, match=said):
        jobs_of(settings(tmp_path, schedule=schedule), Path("config.toml"))

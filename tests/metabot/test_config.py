"""The settings file: its reference, its refusals, its paths."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from analyzers.registry import ANALYZERS, configured
from metabot import config
from metabot.errors import SettingsError

REFERENCE = Path(__file__).parents[2] / "config.toml"


def parsed(root: Path, **values: object) -> config.Settings:
    return config.parse(dict(values), name="config.toml", root=root)


def test_the_reference_states_every_setting_with_its_default(tmp_path: Path) -> None:
    """config.toml equals the defaults, key by key; what only an example can show stands there as a comment."""
    reference = tomllib.loads(REFERENCE.read_text())
    per_analyzer = reference.pop("analyzers")
    defaults = parsed(tmp_path)
    assert parsed(tmp_path, **reference) == defaults
    for section, values in reference.items():
        assert set(values) == set(type(getattr(defaults, section)).model_fields)
    assert set(per_analyzer) == set(ANALYZERS)
    for name, values in per_analyzer.items():
        assert values == asdict(configured(name, {}))


def test_every_setting_of_the_reference_has_one_comment() -> None:
    """Each line `key = value` of the reference says on the same line what it does."""
    settings = [line for line in REFERENCE.read_text().splitlines() if " = " in line]
    assert [line for line in settings if "# " not in line.split(" = ", 1)[1]] == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"meta_lyer": {}}, "Did you mean meta_layer?", id="an unknown section"),
        pytest.param({"target": {"setpu": "x"}}, "[target] setpu is not a setting", id="an unknown key"),
        pytest.param(
            {"sources": [{"path": "a", "fromat": "x"}]}, "Did you mean format?", id="an unknown key of a source"
        ),
        pytest.param({"sources": [{}]}, "[[sources]] number 1, path: field required", id="a source without a path"),
        pytest.param({"meta_layer": {"analysis_window_hours": 0}}, "greater than 0", id="an empty window"),
        pytest.param({"meta_layer": {"improvement_threshold": -1}}, "greater than or equal to 0", id="a worsening"),
        pytest.param({"meta_layer": {"auto_merge_enabled": True}}, "metabot never merges", id="merging by itself"),
        pytest.param({"model": {"base_url": "https://ada:pw@x.test/v1"}}, "without user, password", id="a password"),
        pytest.param({"model": {"base_url": "https://x.test/v1?key=k"}}, "without user, password", id="a key"),
        pytest.param({"model": {"base_url": "x.test/v1"}}, "must be an http or https address", id="no address"),
        pytest.param(
            {"model": {"api_key_variable": "sk-x"}}, "[model] api_key_variable", id="a key in place of a name"
        ),
        pytest.param(
            {"publish": {"windows": "Mon 09:00-10:00"}}, '[publish] windows: must be a list, as in ["…"', id="no list"
        ),
        pytest.param(
            {"publish": {"windows": ["Mon", "noon"]}},
            "[publish] windows, number 2: 'noon' is no day; they are Mon,",
            id="one of a list",
        ),
        pytest.param(
            {"monitoring": {"validators": [{"type": "rate_limt"}]}},
            "[monitoring] validators: number 1 has the type 'rate_limt'; say rate_limit.",
            id="an unknown validator",
        ),
        pytest.param(
            {"monitoring": {"monitors": [{"type": "acme.checks.Own"}, {}]}},
            "[monitoring] monitors: number 2 has the type None; say performance, error_analysis",
            id="a monitor without a type",
        ),
        pytest.param({"root": "/"}, "[root] is not a setting", id="the loader's own field"),
    ],
)
def test_refuses(tmp_path: Path, values: dict[str, object], said: str) -> None:
    """A wrong setting names the file, the key and what to write instead."""
    with pytest.raises(SettingsError) as caught:
        config.parse(values, name="config.toml", root=tmp_path)
    assert str(caught.value).startswith("config.toml: ")
    assert said in str(caught.value)


def test_paths_count_from_the_settings_file(tmp_path: Path) -> None:
    """The same file means the same folders wherever the command is started."""
    (tmp_path / "config.toml").write_text('[store]\npath = "a/b.duckdb"\n[target]\nrepository = "code"\n')
    settings = config.load(tmp_path / "config.toml")
    assert settings.store.path == tmp_path / "a/b.duckdb"
    assert settings.target.repository == tmp_path / "code"
    assert settings.ledger.path == tmp_path / ".metabot/ledger.sqlite"
    assert settings.state == tmp_path / ".metabot"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"[store", "is not TOML", id="torn"),
        pytest.param(b"\xff\xfe", "is not TOML", id="not UTF-8"),
        pytest.param(None, "there is no such settings file", id="absent"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    """The refusal names the file and what is wrong with it."""
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"mine\.toml") as caught:
        config.load(path)
    assert said in str(caught.value)

"""What a repository's own file changes about the settings: never to more than they allow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot import config
from metabot.analysis import check_analyzers
from metabot.errors import SettingsError
from metabot.narrowing import PATH, narrowed


def settings(**sections: dict[str, Any]) -> config.Settings:
    return config.parse(sections, name="config.toml", root=Path("/"))


def test_without_a_file_they_hold_as_they_are() -> None:
    """And with an empty one."""
    for text in (None, "", "# nothing\n"):
        assert narrowed(settings(), text).settings == settings()
        assert narrowed(settings(), text).left_out == ()


@pytest.mark.parametrize(
    ("line", "section", "key", "value"),
    [
        ("pr_generation_enabled = false", "meta_layer", "pr_generation_enabled", False),
        ("max_open = 1", "publish", "max_open", 1),
        ("max_new_per_day = 1", "publish", "max_new_per_day", 1),
        ("max_files = 2", "target", "max_files", 2),
        ("max_lines = 20", "target", "max_lines", 20),
        ('windows = ["Mon-Fri 09:00-17:00"]', "publish", "windows", ("Mon-Fri 09:00-17:00",)),
        ('allowed_paths = ["app/**"]', "target", "allowed_paths", ("app/**",)),
        ('protected_paths = ["app/keys/"]', "target", "protected_paths", ("infra/", "app/keys/")),
        ('analyzers_off = ["serial-calls"]', "publish", "analyzers_off", ("serial-calls",)),
    ],
)
def test_narrows(line: str, section: str, key: str, value: object) -> None:
    """Each key, and nothing else changes."""
    ours = settings(publish={"max_new_per_day": 4}, target={"protected_paths": ["infra/"]})
    found = narrowed(ours, line)
    assert getattr(getattr(found.settings, section), key) == value
    assert found.left_out == ()
    changed = [name for name in type(ours).model_fields if getattr(ours, name) != getattr(found.settings, name)]
    assert changed == [section]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("max_open = 9", "max_open = 9 would widen what the settings allow, 2"),
        ("max_lines = 900", "max_lines = 900 would widen"),
        ('windows = ["Sat", "Mon-Fri"]', "windows = 'Sat' would widen what the settings allow, 'Mon-Fri'"),
        ('allowed_paths = ["app/**", "infra/**"]', "allowed_paths = 'infra/**' would widen"),
    ],
)
def test_what_would_widen_is_left_out_and_said(line: str, said: str) -> None:
    """What of it does not, holds."""
    ours = settings(publish={"max_open": 2, "windows": ["Mon-Fri"]}, target={"allowed_paths": ["app/**", "lib/**"]})
    found = narrowed(ours, line)
    assert [said in one for one in found.left_out] == [True]
    assert found.settings.publish == ours.publish
    assert found.settings.target.allowed_paths == (("app/**",) if "app/" in line else ("app/**", "lib/**"))


@pytest.mark.parametrize(
    ("line", "key", "holds"),
    [
        ('windows = ["Mon 10:00-11:00"]', "windows", ("Mon 10:00-11:00",)),
        ('windows = ["Tue-Wed 12:00-17:00", "Sun"]', "windows", ("Tue-Wed 12:00-17:00",)),
        ('allowed_paths = ["app/prompts/**"]', "allowed_paths", ("app/prompts/**",)),
        ('allowed_paths = ["app/*.py", "lib/x.py"]', "allowed_paths", ("app/*.py",)),
        ('allowed_paths = ["*/**"]', "allowed_paths", ()),
    ],
)
def test_what_lies_inside_holds(line: str, key: str, holds: tuple[str, ...]) -> None:
    """Narrower hours and deeper folders; where nothing is left that both allow, nothing may be changed."""
    ours = settings(publish={"windows": ["Mon-Fri 09:00-17:00"]}, target={"allowed_paths": ["app/**"]})
    found = narrowed(ours, line).settings
    assert (found.publish.windows if key == "windows" else found.target.allowed_paths) == holds


@pytest.mark.parametrize("window", ["Sat", "Mon 16:00-18:00", "22:00-06:00"])
def test_hours_that_both_never_allow_open_nothing(window: str) -> None:
    """Not even within the settings' own hours: somebody wanted fewer."""
    ours = settings(publish={"windows": ["Mon-Fri 09:00-17:00"]})
    found = narrowed(ours, f'windows = ["{window}"]')
    assert not found.settings.meta_layer.pr_generation_enabled
    assert "Nothing is left that both allow" in found.left_out[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("max_open = ", "is not TOML", id="no TOML"),
        pytest.param("max_opened = 1", "'max_opened' is no setting of a repository. Did you mean max_open?", id="key"),
        pytest.param('windows = ["noon"]', "windows: ", id="no window"),
        pytest.param("max_open = 0", "max_open: ", id="no number of them"),
        pytest.param("[publish]\nmax_open = 1", "'publish' is no setting", id="a section of the settings"),
        pytest.param("auto_merge_enabled = true", "is no setting", id="what nobody may set"),
    ],
)
def test_one_that_cannot_be_read_lets_nothing_be_opened(text: str, said: str) -> None:
    """Nobody knows what it was to forbid."""
    found = narrowed(settings(), text)
    assert not found.settings.meta_layer.pr_generation_enabled
    assert said in found.left_out[0]
    assert PATH in found.left_out[0]


def test_it_cannot_switch_on_what_is_off() -> None:
    """Report only stays report only."""
    ours = settings(meta_layer={"pr_generation_enabled": False}, publish={"analyzers_off": ["serial-calls"]})
    found = narrowed(ours, "pr_generation_enabled = true\nanalyzers_off = []").settings
    assert not found.meta_layer.pr_generation_enabled
    assert found.publish.analyzers_off == ("serial-calls",)


def test_the_settings_switch_off_analyzers_that_there_are() -> None:
    """A name with a slip of the pen would switch off nothing."""
    check_analyzers(settings(publish={"analyzers_off": ["serial-calls"]}))
    with pytest.raises(SettingsError, match="analyzers_off names 'serial-call', which is no analyzer"):
        check_analyzers(settings(publish={"analyzers_off": ["serial-call"]}))


@given(st.integers(1, 9), st.integers(1, 9), st.lists(st.sampled_from(["Mon", "Tue", "Wed"])), st.booleans())
def test_no_file_gives_more(ours: int, theirs: int, windows: list[str], generate: bool) -> None:
    """Whatever it says of numbers, windows and switches."""
    mine = settings(
        publish={"max_open": ours, "windows": ["Mon", "Tue"]}, meta_layer={"pr_generation_enabled": generate}
    )
    text = f"max_open = {theirs}\nwindows = {windows}\npr_generation_enabled = true"
    found = narrowed(mine, text).settings
    assert found.publish.max_open <= ours
    assert {*found.publish.windows} <= {"Mon", "Tue"}
    assert len(found.publish.windows) > 0
    assert found.meta_layer.pr_generation_enabled <= generate

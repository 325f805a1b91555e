"""Commands out of the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabot.errors import SettingsError
from metabot.verify.commands import BASE_PYTHON, filled, steps, words


def test_words_are_split_as_a_shell_splits_them() -> None:
    """Quotation marks hold words together; nothing is expanded."""
    assert words("a 'b c' $HOME *") == ("a", "b c", "$HOME", "*")
    assert words("") == ()


def test_an_open_quotation_is_refused() -> None:
    """The message says which command, and what to do."""
    with pytest.raises(SettingsError, match="Close its quotation marks"):
        words("a 'b")


def test_steps_are_what_stands_between_ands() -> None:
    """`&&` joins commands; a quoted one is a word."""
    assert steps("a b && c && 'd && e'") == (("a", "b"), ("c",), ("d && e",))
    assert steps(" && ") == ()


def test_placeholders() -> None:
    """What is not given is left for whoever knows it."""
    assert filled("{env}/bin/x={model}", {"env": Path("/e")}) == "/e/bin/x={model}"


def test_the_base_interpreter_is_outside_of_our_environment() -> None:
    """What runs on it cannot import metabot's dependencies."""
    import subprocess

    code = "import importlib.util as u; print(u.find_spec('polars'), u.find_spec('metabot'))"
    done = subprocess.run([BASE_PYTHON, "-I", "-S", "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout == "None None\n"

"""Scripts that are refused, and what the refusal says."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabot.replay.script import Script, ScriptError
from metabot.replay.script_file import load

RULE = '[[rules]]\nname = "greet"\n'


def loaded(tmp_path: Path, text: str) -> Script:
    path = tmp_path / "script.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_a_script_is_read_whole(tmp_path: Path) -> None:
    """Model, timings, cache, captures and rules in their order."""
    script = loaded(
        tmp_path,
        """
        model = "m"
        timing = { distribution = "lognormal", first_token_median_ms = 5, first_token_sigma = 0.5 }
        cache = { min_tokens = 16, step_tokens = 4, idle_seconds = 9.5 }
        [[capture]]
        role = "system"
        pattern = 'helping (?P<who>\\w+)'
        [[rules]]
        name = "first"
        assistant_turns = 0
        tool_results = ["a"]
        messages = [{ role = "tool", tool = "a", pattern = "x" }]
        json = { to = "{who}", n = 3 }
        [[rules]]
        name = "second"
        tool_calls = [{ name = "t", arguments = { q = "{who}" } }]
        """,
    )
    assert script.model == "m"
    assert (script.timing.distribution, script.timing.first_token_sigma) == ("lognormal", 0.5)
    assert (script.cache.min_tokens, script.cache.step_tokens, script.cache.idle_seconds) == (16, 4, 9.5)
    assert [rule.name for rule in script.rules] == ["first", "second"]
    assert script.rules[0].tool_results == frozenset({"a"})
    assert script.rules[1].tool_calls[0].arguments == {"q": "{who}"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("model = ", "is not valid TOML", id="no TOML"),
        pytest.param(f'{RULE}text = "a"', "model is missing", id="no model"),
        pytest.param('model = "m"', "has no [[rules]]", id="no rules"),
        pytest.param('model = "m"\nrules = 3', "rules must be a list of tables", id="rules are a number"),
        pytest.param(f'model = "m"\nspeed = 2\n{RULE}text = "a"', "speed is no key here", id="unknown key"),
        pytest.param(f'model = "m"\n{RULE}txt = "a"', "rule 1 (greet): txt is no key", id="unknown key in a rule"),
        pytest.param(f'model = "m"\n{RULE}', "rule 1 (greet): answers nothing", id="no answer"),
        pytest.param(f'model = "m"\n{RULE}text = "a"\njson = {{}}', "both text and json", id="two answers"),
        pytest.param(f'model = "m"\n{RULE}text = "{{who}}"', "no pattern captures {who}", id="unknown name"),
        pytest.param(f'model = "m"\n{RULE}json = [{{a = ["{{w}}"]}}]', "no pattern captures {w}", id="deep in JSON"),
        pytest.param(f'model = "m"\n{RULE}json = {{ day = 2026-01-01 }}', "cannot be written as JSON", id="a date"),
        pytest.param(f'model = "m"\n{RULE}text = 3', "text = 3: write a text", id="text is a number"),
        pytest.param(f'model = "m"\n{RULE}assistant_turns = -1\ntext = "a"', "assistant_turns = -1", id="turns"),
        pytest.param(f'model = "m"\n{RULE}tool_results = "a"\ntext = "a"', "a list of tool names", id="tool results"),
        pytest.param(
            f'model = "m"\n{RULE}text = "a"\nmessages = [{{ role = "robot", pattern = "a" }}]',
            "rule 1 (greet): role = 'robot': use one of system, user",
            id="unknown role",
        ),
        pytest.param(
            f'model = "m"\n{RULE}text = "a"\nmessages = [{{ role = "user", pattern = "(" }}]',
            "is no regular expression",
            id="broken pattern",
        ),
        pytest.param(
            f'model = "m"\n{RULE}text = "a"\nmessages = [{{ role = "user" }}]', "pattern is missing", id="no pattern"
        ),
        pytest.param(
            f'model = "m"\n{RULE}text = "a"\nmessages = [{{ role = "user", pattern = "a", tool = "t" }}]',
            "goes with role = 'tool' only",
            id="tool of a user",
        ),
        pytest.param(
            f'model = "m"\n{RULE}tool_calls = [{{ arguments = {{}} }}]', "needs a name", id="tool call without a name"
        ),
        pytest.param(
            f'model = "m"\ntiming = {{ distribution = "normal" }}\n{RULE}text = "a"',
            "use lognormal or constant",
            id="unknown distribution",
        ),
        pytest.param(
            f'model = "m"\ntiming = {{ output_token_ms = -1 }}\n{RULE}text = "a"', "from 0 on", id="negative time"
        ),
        pytest.param(f'model = "m"\ntiming = {{ output_token_ms = inf }}\n{RULE}text = "a"', "from 0 on", id="endless"),
        pytest.param(f'model = "m"\ncache = {{ step_tokens = 0 }}\n{RULE}text = "a"', "from 1 on", id="no steps"),
        pytest.param(f'model = "m"\ncache = 3\n{RULE}text = "a"', "cache must be a table", id="cache is a number"),
    ],
)
def test_a_broken_script_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """The message names the file, the rule and what to write."""
    with pytest.raises(ScriptError) as refused:
        loaded(tmp_path, text)
    assert str(refused.value).startswith(str(tmp_path / "script.toml"))
    assert says in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The message names the file."""
    with pytest.raises(ScriptError, match=r"nowhere\.toml: cannot be read"):
        load(tmp_path / "nowhere.toml")

"""The README holds with what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from metabot_instrument.settings import VARIABLES, Settings
from metabot_instrument.vocabulary.layers import LAYERS
from tests.model_server import says_whole, serving

README = (Path(__file__).parents[2] / "instrument/README.md").read_text(encoding="utf-8")


def settings_rows() -> list[str]:
    names = {variable.field: ", ".join(f"`{name}`" for name in variable.names) for variable in VARIABLES}
    return [f"| `{field.name}` | {shown(field.default)} | {names[field.name]} |" for field in fields(Settings)]


def shown(default: object) -> str:
    if isinstance(default, tuple):
        default = ",".join(default)
    return "" if default == "" else f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_every_setting_stands_in_its_table() -> None:
    """With its default and its variables, in their order."""
    assert "\n".join(settings_rows()) in README


def test_the_layers_stand_in_its_table() -> None:
    """With their operations; of system any may be traced."""
    told = re.findall(r"^\| `(\w+)` \(`(\w+)`\) \| (.*?) \|$", README, re.MULTILINE)
    assert len(told) == 6
    for name, short, operations in told:
        assert LAYERS[name].short == short
        assert operations == (", ".join(LAYERS[name].operations) or "any")


def test_its_example_runs(tmp_path: Path) -> None:
    """Against a server that answers; its events, spans and the call are there afterwards, and nothing was lost."""
    example, *_ = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    program = f"{example}\nassert answer('Where is it?', 't-1') == 'In Bern.'\nassert instrument.failures() == {{}}\n"
    with serving(says_whole("In Bern.")) as server:
        environment = {**os.environ, "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "none"}
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / ".metabot/events.jsonl").read_text().count("\n") == 2
    lines = (tmp_path / ".metabot/trace.jsonl").read_text()
    assert [f'"operation":"{name}"' in lines for name in ("read", "classify", "chat gpt-4.1-mini")] == [True] * 3

"""docs/metrics.md lists every metric as it is defined."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from metabot.own_metrics import BotMeter
from metabot_instrument.metrics.agent import AgentMeter
from metabot_instrument.metrics.definition import Definition

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
README = (ROOT / "instrument/README.md").read_text(encoding="utf-8")
_ACROSS = {"mostrecent": "the last set", "livesum": "their sum", "livemax": "the largest"}


def row(one: Definition) -> str:
    labels = ", ".join(f"`{label}`" for label in one.labels)
    kind = f"gauge ({_ACROSS[one.across]})" if one.kind == "gauge" else one.kind
    return f"| `{one.prometheus}` | `{one.name}` | {kind} | {one.unit} | {labels} | {one.says} |"


@pytest.mark.parametrize("meter", [AgentMeter(), BotMeter()], ids=["agents", "metabot"])
def test_every_metric_has_its_row(meter: AgentMeter | BotMeter) -> None:
    """Name in both protocols, type, unit, labels and meaning, in the order of the catalogue."""
    assert "\n".join(row(one) for one in meter.definitions) in PAGE


def test_the_example_of_the_readme_runs() -> None:
    """And counts what it says; in a process of its own, for the metrics are the process's."""
    examples = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (example,) = (one for one in examples if "TokenBudget" in one)
    program = f"{example}\nprint(text.decode())\nfrom metabot_instrument import failures\nassert failures() == {{}}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert 'pforge_tokens_used_total{vendor="openai"} 1812.0' in done.stdout
    assert 'pforge_agents_active{agent_type="fixer"} 2.0' in done.stdout

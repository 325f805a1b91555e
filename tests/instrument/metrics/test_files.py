"""The alert rules and the dashboard that come with the package."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from metabot.own_metrics import BotMeter
from metabot_instrument.metrics.agent import AgentMeter

FILES = Path(__file__).parents[3] / "instrument/metabot_instrument/metrics/files"
RULES, DASHBOARD = (FILES / "alert_rules.yml").read_text(), json.loads((FILES / "dashboard.json").read_text())
TESTS = Path(__file__).with_name("alert_rules_test.yml")

needs_promtool = pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not on this machine")


def _named(text: str) -> set[str]:
    return {name for name in re.findall(r"\b(?:pforge|agent|metabot)_\w+", text) if name != "agent_type"}


def _defined() -> set[str]:
    series = {one.prometheus for meter in (AgentMeter(), BotMeter()) for one in meter.definitions}
    return series | {f"{name}_{part}" for name in series for part in ("bucket", "sum", "count")}


def test_rules_name_metrics_that_are_defined() -> None:
    """A rule over a metric that nobody has would never fire."""
    expressions = RULES.replace("agent_rules", "")
    assert _named(expressions)
    assert _named(expressions) - _defined() == set()


def test_the_dashboard_names_metrics_that_are_defined_and_shows_all() -> None:
    """Each of the catalogues' metrics has a panel."""
    said = "\n".join(target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ()))
    assert _named(said) - _defined() == set()
    shown = {one.prometheus for one in AgentMeter().definitions if one.prometheus in said}
    assert {one.prometheus for one in AgentMeter().definitions} - shown == set()


def test_panels_have_places_and_numbers_of_their_own() -> None:
    """None lies on another."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    corners = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(corners)) == len(corners)


@needs_promtool
def test_promtool_accepts_the_rules() -> None:
    """As Prometheus would when it loads them."""
    done = subprocess.run(["promtool", "check", "rules", FILES / "alert_rules.yml"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@needs_promtool
def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    """On series written for it; each alert has some."""
    for file in (FILES / "alert_rules.yml", TESTS):
        (tmp_path / file.name).write_text(file.read_text())
    done = subprocess.run(["promtool", "test", "rules", tmp_path / TESTS.name], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    alerts = set(re.findall(r"- alert: (\w+)", RULES))
    assert alerts == set(re.findall(r"- alertname: (\w+)", TESTS.read_text()))

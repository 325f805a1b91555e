"""metabot's own metrics: what the ledger counts, shown and pushed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from metabot import life
from metabot.config import parse
from metabot.generate.asking.asked import Asked
from metabot.generate.asking.budget import Allowance
from metabot.ledger.ledger import Ledger
from metabot.stopped import Stopped
from metabot_instrument import failures
from metabot_instrument.current import configure, settings
from tests.instrument.otlp_collector import over_http
from tests.metabot.cli.command import metabot
from tests.proposals import FINGERPRINT, finding
from tests.tried import tried

ASKED = Asked(
    about=FINGERPRINT,
    model="gpt-x",
    server="localhost:1",
    prompt_hash="h",
    started_ns=1_795_240_800 * 10**9,
    seconds=1.5,
    outcome="under way",
    status=None,
    input_tokens=5000,
    output_tokens=900,
    counted=False,
    cost_usd=0.5,
)
ENDLESS = Allowance(tokens_per_proposal=10**9, tokens_per_day=10**9, usd_per_proposal=1e6, usd_per_day=1e6)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The settings are as before afterwards."""
    before = asdict(settings())
    yield
    configure(**before)


def lived(folder: Path) -> Ledger:
    """A project with a pass that was killed, one that ended and one under way."""
    ledger = Ledger(folder / ".metabot/ledger.sqlite")
    ledger.begin_pass()
    number = ledger.begin_pass()
    ledger.record_findings(number, [finding()])
    ledger.record_tried(number, tried())
    ledger.record_stop(number, Stopped(finding=FINGERPRINT, stage="sound", reason="no sandbox", detail="a stranger's"))
    books = ledger.books(number)
    reserved = books.reserve(ASKED, ENDLESS)
    assert isinstance(reserved, int)
    books.settle(reserved, replace(ASKED, outcome="answered", input_tokens=4000, output_tokens=200, cost_usd=0.02))
    books.reserve(ASKED, ENDLESS)
    ledger.end_pass(number, "done")
    analyzed = ledger.begin_pass()
    ledger.end_pass(analyzed, "analyzed")
    ledger.begin_pass()
    return ledger


def test_they_are_sums_over_the_ledger(tmp_path: Path) -> None:
    """A pass without an end was broken off, unless it is the last; a request under way is no count yet."""
    lived(tmp_path)
    (tmp_path / "config.toml").write_text("")
    done = metabot("metrics", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = {
        f"{one.name}{sorted(one.labels.values())}": one.value
        for family in text_string_to_metric_families(done.stdout)
        for one in family.samples
        if not one.name.endswith("_bucket")
    }
    assert said.pop("metabot_last_pass_seconds[]") > 1.7e9
    assert 0 <= said.pop("metabot_pass_duration_seconds_sum[]") < 60
    assert said == {
        "metabot_passes_total['broken_off']": 1,
        "metabot_passes_total['done']": 1,
        "metabot_passes_total['analyzed']": 1,
        "metabot_pass_duration_seconds_count[]": 1,
        f"metabot_findings_total['{finding().candidate.analyzer}']": 1,
        "metabot_stops_total['no sandbox', 'sound']": 1,
        "metabot_proposals_total['verified']": 1,
        "metabot_proposals_total['stopped']": 0,
        "metabot_pull_requests_opened_total[]": 0,
        "metabot_model_calls_total['answered', 'gpt-x']": 1,
        "metabot_model_tokens_total['gpt-x', 'input']": 4000,
        "metabot_model_tokens_total['gpt-x', 'output']": 200,
        "metabot_model_cost_dollars_total['gpt-x']": 0.02,
    }
    assert "stranger" not in done.stdout


def test_a_project_that_did_nothing_yet_has_nothing_to_tell(tmp_path: Path) -> None:
    """Not even a last pass; in OpenMetrics too."""
    (tmp_path / "config.toml").write_text("")
    done = metabot("metrics", "--openmetrics", cwd=tmp_path)
    assert (done.returncode, done.stdout[-6:]) == (0, "# EOF\n")
    assert "metabot_last_pass_seconds " not in done.stdout


def test_a_pass_pushes_them_where_its_telemetry_goes(tmp_path: Path) -> None:
    """As one instance, whichever process tells it, since the project's first pass."""
    ledger = lived(tmp_path)
    with over_http() as collector:
        chosen = parse(
            {"telemetry": {"endpoint": collector.endpoint, "trace_sample_rate": 0}}, name="config.toml", root=tmp_path
        )
        for number in (4, 5):
            with life.of_pass(chosen, number):
                pass
        configure(endpoint="")
    pushed = [one for request in collector.requests for one in request.resource_metrics]
    instances = {
        value.value.string_value
        for of in pushed
        if any(metric.name == "metabot.passes" for metric in of.scope_metrics[0].metrics)
        for value in of.resource.attributes
        if value.key == "service.instance.id"
    }
    assert len(instances) == 1
    (passes,) = {metric.name: metric for metric in pushed[-1].scope_metrics[0].metrics}[
        "metabot.passes"
    ].sum.data_points[:1]
    assert passes.start_time_unix_nano == ledger.counts().since_ns


def test_a_ledger_that_cannot_be_read_stops_no_pass(tmp_path: Path) -> None:
    """It is counted, as everything is that cannot be told."""
    (tmp_path / ".metabot").mkdir()
    (tmp_path / ".metabot/ledger.sqlite").write_text("no database")
    done, before = [], failures().get("metrics", 0)
    with over_http() as collector:
        chosen = parse({"telemetry": {"endpoint": collector.endpoint}}, name="config.toml", root=tmp_path)
        with life.of_pass(chosen, 1):
            done.append("work")
        configure(endpoint="")
    assert (done, failures()["metrics"]) == (["work"], before + 1)

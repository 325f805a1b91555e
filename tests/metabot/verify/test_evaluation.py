"""The repository's own evaluation, beside the replay server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from metabot.config import Target
from metabot.verify.environment import TargetEnvironment
from metabot.verify.evaluation import Evaluation, evaluate, unmeasurable
from metabot.verify.runner import Revision, Runner
from metabot.verify.sandbox import Sandbox

Evaluate = Callable[..., Evaluation]
BASE = Revision(name="base", files={})
ASK = """
import json, os, urllib.request
body = {"model": "toy-1", "messages": [{"role": "user", "content": "Is order 7 late?"}]}
request = urllib.request.Request(os.environ["MODEL"] + "/chat/completions", json.dumps(body).encode(),
                                 {"Content-Type": "application/json"})
said = json.load(urllib.request.urlopen(request))["choices"][0]["message"]["content"]
open(os.environ["TELEMETRY"], "w").write(said)
import importlib.util
print("metabot is visible:", importlib.util.find_spec("metabot") is not None)
print(json.dumps({"score": float("7" in said), "cases": 1}))
"""
SCRIPT = """
model = "toy-1"
[[rules]]
messages = [{ role = "user", pattern = 'order (?P<order>[0-9]+)' }]
text = "Order {order} is late."
"""


@pytest.fixture
def evaluated(proved: Sandbox, tmp_path: Path) -> Evaluate:
    """Runs a program as the evaluation of a repository that holds it."""
    base = tmp_path / "base"
    base.mkdir()
    environment = TargetEnvironment(folder=None, tree_at=Path("/target"))
    runner = Runner(sandbox=proved, environment=environment, base=base, under=tmp_path / "runs")

    def run(program: str, **target: object) -> Evaluation:
        # A module of this name would stand in the replay's way if it were started as the target starts its programs.
        (base / "http.py").write_text("raise RuntimeError('imported from the target')")
        (base / "evaluate.py").write_text(f"import sys\nsys.path.remove('/target')\n{program}")
        chosen = Target.model_validate({"evaluate": "{python} evaluate.py", **target}, context={"root": tmp_path})
        return evaluate(runner, chosen, BASE, keep=tmp_path / "kept")

    return run


@pytest.mark.parametrize(
    ("said", "score", "cases"),
    [
        ('{"score": 0.8, "cases": 20}', 0.8, 20),
        ('log\n{"score": 1, "cases": 3}\n\n', 1.0, 3),
        ('{"score": 0.5}', 0.5, None),
        ('{"cases": 5}', None, 5),
        ('{"score": "0.5", "cases": "5"}', None, None),
        ('{"score": true, "cases": true}', None, None),
        ('{"score": NaN, "cases": -1}', None, None),
        ('{"score": 1e999, "cases": 2.5}', None, None),
        ('{"score": 0.5, "cases": 1}\nbye', None, None),
        (f'{{"score": {"9" * 400}, "cases": {10**40}}}', None, None),
        ("[" * 3_900, None, None),
        ("[0.5, 5]", None, None),
        ("", None, None),
    ],
)
def test_the_last_line_gives_the_score(evaluated: Evaluate, said: str, score: float | None, cases: int | None) -> None:
    """A number and a whole number in one JSON object; anything else is unknown, never zero."""
    found = evaluated(f"print({said!r})\nprint('later', file=sys.stderr)")
    assert (found.run.exit_code, found.score, found.cases) == (0, score, cases)


def test_the_model_is_played_inside(evaluated: Evaluate, tmp_path: Path) -> None:
    """Requests reach the script by {model}; what is written to {telemetry} is kept; metabot cannot be imported."""
    (tmp_path / "model.toml").write_text(SCRIPT)
    found = evaluated(ASK, model_script="model.toml", environment={"MODEL": "{model}", "TELEMETRY": "{telemetry}"})
    assert (found.run.exit_code, found.score, found.cases) == (0, 1.0, 1), found.run.output
    assert found.telemetry is not None
    assert found.telemetry.read_text() == "Order 7 is late."
    assert "metabot is visible: False" in found.run.output
    assert found.run.command == ("{python}", "evaluate.py")


CASSETTE = """
{"schema": "metabot.cassette/1"}
{"kind": "model", "sequence": "s", "number": 0, "body": {"model": "toy-1", "messages": [{"role": "user", "content":
"Is order 7 late?"}]}, "answer": {"message": {"content": "Order 7 is late."}}}
"""


@pytest.mark.parametrize(
    ("played", "by_rule", "by_hash"),
    [pytest.param(SCRIPT, 1, 0, id="script"), pytest.param(CASSETTE, 0, 1, id="cassette")],
)
def test_it_is_kept_how_answers_were_found(
    evaluated: Evaluate, tmp_path: Path, played: str, by_rule: int, by_hash: int
) -> None:
    """Of a script and of a cassette, which stand in the same setting."""
    (tmp_path / "model").write_text(played.lstrip().replace('\n"Is', '"Is'))
    found = evaluated(ASK, model_script="model", environment={"MODEL": "{model}", "TELEMETRY": "{telemetry}"})
    assert (found.run.exit_code, found.score) == (0, 1.0), found.run.output
    assert found.matched is not None
    assert (found.matched.by_rule, found.matched.by_hash, found.matched.missing) == (by_rule, by_hash, 0)


def test_a_broken_script_fails_the_evaluation(evaluated: Evaluate, tmp_path: Path) -> None:
    """The replay says what is wrong with it."""
    (tmp_path / "model.toml").write_text("model = 1")
    found = evaluated(ASK, model_script="model.toml", environment={"MODEL": "{model}", "TELEMETRY": "{telemetry}"})
    assert found.run.exit_code == 2
    assert "model.toml" in found.run.output


def test_a_model_without_a_script(tmp_path: Path) -> None:
    """Said before anything is run: in a sandbox without network nothing would answer."""
    assert unmeasurable(Target(environment={"A": "b"})) is None
    assert unmeasurable(Target(environment={"A": "{model}"}, model_script=tmp_path / "x")) is None
    unmet = unmeasurable(Target(environment={"A": "{model}"}))
    assert unmet is not None
    assert unmet.reason == "not measured"

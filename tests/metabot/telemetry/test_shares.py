"""Lines that several processes decode are what one process reads."""

import json
import os
import random
import signal
from functools import partial
from pathlib import Path

import pytest

from metabot.errors import InputError
from metabot.store.load import Loading, load_each
from metabot.store.store import Store
from metabot.telemetry import otlp_json, shares
from metabot.telemetry.otlp_metrics import Totals
from metabot.telemetry.record import Columns, Reject, Sample, Span
from metabot.telemetry.shares import Share, ShareError, Shares, shared
from tests.metabot.telemetry.bulk import expanded, without_texts
from tests.metabot.telemetry.exports import BEGIN_NS, export, line, otlp_span


def spans(chance, number):
    told = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": number, "gen_ai.prompt": f"ask {number % 7}"}
    ids = (f"{chance.getrandbits(64) | 1:016x}" for _ in range(chance.randrange(1, 4)))
    return line(export(*(otlp_span(one, carrying=told, name=f"ask {number}") for one in ids)))


def counter(chance, number):
    """A sum of what happened since its line before, as `otlp_metrics.Totals` adds them up over the file."""
    point = {"asInt": str(number), "timeUnixNano": str(BEGIN_NS + number)}
    metric = {"name": "asked", "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [point]}}
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}).encode() + b"\n"


def log(chance, number):
    record = {"timeUnixNano": str(BEGIN_NS + number), "body": {"stringValue": f"said {number}"}}
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode() + b"\n"


KINDS = (spans, spans, counter, log, lambda *_: b"{broken\n", lambda *_: b"\n", lambda *_: b"[7]\r\n")


def recording(seed, lines=1_500):
    chance = random.Random(seed)
    return spans(chance, 0) + b"".join(chance.choice(KINDS)(chance, number) for number in range(lines))


def chunks(data, size=700):
    return (data[at : at + size] for at in range(0, len(data), size))


def told(records):
    """What there is of each kind, in order; of columns the order of their spans."""
    found = expanded(records)
    texts = [one.texts for one in records if isinstance(one, Columns)]
    texts += [one.model_call.texts for one in found if isinstance(one, Span) and one.model_call]
    return {
        "spans": sorted(repr(without_texts(one)) for one in found if isinstance(one, Span)),
        "texts": {hashed: text for one in texts for hashed, text in one.items()},
        "rejects": [one for one in found if isinstance(one, Reject)],
        "samples": [one for one in found if isinstance(one, Sample)],
        "others": [one for one in found if not isinstance(one, (Span, Reject, Sample))],
    }


def together(data, size):
    read_one = partial(otlp_json.one_by_one, totals=Totals())
    return list(otlp_json.read_shared(Shares(chunks(data), size), read_one, processes=2))


@pytest.mark.parametrize("size", [pytest.param(1_000, id="a few lines"), pytest.param(60_000, id="many lines")])
def test_two_processes_read_what_one_reads(size):
    """Spans, sums of counters, log lines, texts, and the lines of rejects are the same, however the file is cut."""
    data = recording(seed=size)
    alone = told(list(otlp_json.read(chunks(data))))
    assert all(alone.values())
    assert told(together(data, size)) == alone


def test_a_line_too_long_for_a_process_is_read_all_the_same(monkeypatch):
    """It and what follows it stay with the process that asked, with the numbers of their lines."""
    monkeypatch.setattr(shares, "_LINE", 20_000)
    long = b'{"long": "' + b"x" * 30_000 + b'"}\n'
    data = recording(1, lines=40) + long + recording(2, lines=40)
    assert told(together(data, 1_000)) == told(list(otlp_json.read([data])))


def test_a_process_that_is_killed_is_said():
    """The answers before it stand; then it is an error that names the lines, and no end of the file."""
    answers = shared((Share(number, recording(3, lines=3)) for number in range(100)), "metabot.telemetry.otlp_share", 2)
    assert next(answers)
    for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)
    with pytest.raises(ShareError, match=r"lines from \d+ on ended with -9"):
        list(answers)


def test_nothing_is_kept_of_a_file_whose_process_ends(monkeypatch, tmp_path):
    """The load is refused by the file's name, and the store is as it was."""
    path = tmp_path / "long.jsonl"
    path.write_bytes(recording(4) * 40)
    monkeypatch.setattr(shares, "_LEAD", 1)
    monkeypatch.setattr(shares, "processors", lambda: 2)
    monkeypatch.setattr(otlp_json, "processors", lambda: 2)
    monkeypatch.setattr(otlp_json, "_SHARED_BY", "metabot.telemetry.no_such_module")
    with Store.temporary() as store:
        (refused,) = load_each(store, path, Loading())
        assert isinstance(refused, InputError)
        assert str(refused).startswith(f"{path}: a process that decoded lines from ")
        assert store.spans() == 0

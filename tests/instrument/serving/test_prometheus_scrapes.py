"""A real Prometheus asks for the metrics."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from metabot_instrument.metrics.agent import meter

pytestmark = pytest.mark.slow

CONFIG = """
global: {{scrape_interval: 250ms, scrape_timeout: 250ms}}
scrape_configs:
- job_name: known
  metrics_path: /ops/metrics
  authorization: {{credentials_file: {token}}}
  static_configs: [{{targets: ["{target}"]}}]
- job_name: stranger
  metrics_path: /ops/metrics
  static_configs: [{{targets: ["{target}"]}}]
"""


@contextmanager
def prometheus(folder: Path, target: str, token: str) -> Iterator[str]:
    """Its address."""
    program = shutil.which("prometheus")
    if not program:
        pytest.skip("no Prometheus on PATH")
    (folder / "token").write_text(token)
    (folder / "prometheus.yml").write_text(CONFIG.format(token=folder / "token", target=target))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [program, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen([*command, f"--web.listen-address={address}"], stdout=log, stderr=log) as running,
    ):
        try:
            yield f"http://{address}"
        finally:
            running.kill()


def asked(address: str, path: str, **query: str) -> Any:
    """The data of its answer; None where it does not listen yet."""
    try:
        with urllib.request.urlopen(f"{address}/api/v1/{path}?{urllib.parse.urlencode(query)}", timeout=5) as answer:
            return json.load(answer)["data"]
    except (urllib.error.URLError, ConnectionError):
        return None


def test_with_the_token_it_gets_them_and_without_it_is_refused(tmp_path: Path, served: Any, token: str) -> None:
    """The gauge comes back out of its API, once; the target that bears no token is down with 401."""
    meter.efficiency.set(0.625)
    with prometheus(tmp_path, served.url.removeprefix("http://"), token) as address:
        until = time.monotonic() + 20
        found, targets = None, {}
        while time.monotonic() < until and not (
            found and all(one["lastError"] or one["health"] == "up" for one in targets)
        ):
            time.sleep(0.1)
            found = (asked(address, "query", query="pforge_efficiency") or {}).get("result")
            targets = (asked(address, "targets") or {}).get("activeTargets", [])
        assert found, (tmp_path / "log").read_text()
    assert [(one["metric"]["job"], float(one["value"][1])) for one in found] == [("known", 0.625)]
    health = {one["labels"]["job"]: (one["health"], one["lastError"]) for one in targets}
    assert health["known"] == ("up", "")
    assert health["stranger"] == ("down", "server returned HTTP status 401 Unauthorized")

"""Checks as a fine-grained token is shown them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from github_double import ENOUGH

from metabot.config import Github
from metabot.publish.github.address import address_of
from metabot.publish.github.checks import checks
from metabot.publish.github.client import Client
from tests.metabot.publish.github.places import VARIABLE, Place, opened

SHA = "a" * 40
REFUSED = (403, {"message": "Resource not accessible by personal access token"})


class Private(BaseHTTPRequestHandler):
    """A private repository asked by a token that may read Actions and, as none can, no check runs."""

    answers: ClassVar[dict[str, tuple[int, Any]]] = {
        f"/commits/{SHA}/check-runs": REFUSED,
        f"/commits/{SHA}/status": (200, {"statuses": [{"context": "ci/old", "state": "error", "target_url": None}]}),
        "/actions/runs": (200, {"workflow_runs": [{"id": 7}, {"id": 8}]}),
        "/actions/runs/7/jobs": (200, {"jobs": [{"name": "tests", "status": "completed", "conclusion": "failure"}]}),
        "/actions/runs/8/jobs": (200, {"jobs": [{"name": "docs", "status": "queued", "conclusion": None}]}),
        "/branches/main": (200, {"protected": True}),
    }

    def do_GET(self) -> None:
        path = self.path.split("?")[0].removeprefix("/repos/acme/desk")
        status, body = self.answers.get(path, (404, {"message": "Not Found"}))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv(VARIABLE, "github_pat_0")
    with ThreadingHTTPServer(("127.0.0.1", 0), Private) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        api = f"http://127.0.0.1:{server.server_port}"
        yield Client(
            address_of(Github(repository="acme/desk", api_url=api, token_variable=VARIABLE)), tmp_path / "kept"
        )
        server.shutdown()


def test_jobs_stand_in_for_check_runs(client: Client) -> None:
    """They are the same where Actions ran them; what is required is not known of a protection that is not shown."""
    found = {check.name: (check.state, check.required) for check in checks(client, SHA, "main")}
    assert found == {"tests": ("failed", None), "docs": ("pending", None), "ci/old": ("failed", None)}


def test_a_token_that_is_shown_nothing(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Knows of no check, and goes on."""
    revision = at.host().pull(opened(at.host(), at)).head_revision
    at.double.set_check(revision, "tests", "failure")
    less = {name: level for name, level in ENOUGH.items() if name not in ("checks", "statuses")}
    monkeypatch.setenv(VARIABLE, at.double.new_token("less", less))
    assert at.host().checks(revision) == []
    assert not at.host().rights().granted & {"checks", "actions"}

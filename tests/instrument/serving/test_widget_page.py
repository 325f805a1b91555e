"""docs/widget.md holds with what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute, APIWebSocketRoute
from fastapi.testclient import TestClient

from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.serving import router
from metabot_instrument.serving.routes import TOKEN_VARIABLE

PAGE = (Path(__file__).parents[3] / "docs/widget.md").read_text(encoding="utf-8")


def test_its_example_serves(token: str) -> None:
    """The application of the page answers with the token."""
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    made: dict[str, Any] = {}
    exec(example, made)
    client = TestClient(made["app"], headers={"Authorization": f"Bearer {token}"})
    assert client.get("/ops/monitor").json()["session_id"] == "s-1"
    made["monitor"].close()


def test_it_names_each_route_and_those_that_need_a_token(monitor: PerformanceMonitor, token: str) -> None:
    """With its method, as the router has it, and with the variable of the token."""
    told = re.findall(r"^\| `(\w+) (/\S+)` \|.*\| (token)? ?\|$", PAGE, re.MULTILINE)
    routes = {("WebSocket" if isinstance(one, APIWebSocketRoute) else min(one.methods), one.path): one
              for one in router(monitor).routes if isinstance(one, APIRoute | APIWebSocketRoute)}  # fmt: skip
    assert {(method, path) for method, path, _ in told} == routes.keys()
    for method, path, needs in told:
        if method != "WebSocket":
            assert bool(routes[method, path].dependencies) is bool(needs), path
    assert TOKEN_VARIABLE in PAGE

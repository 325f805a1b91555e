"""The widget in a headless Chromium."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.serving.snapshot import as_snapshot
from metabot_instrument.signals.bus import Bus

pytestmark = pytest.mark.slow

STAND_IN = """<!doctype html><meta name="color-scheme" content="light dark"><title>desk</title>
<script type="module" src="/ops/monitor/widget.js"></script>
<performance-monitor-widget src="/ops/monitor" refresh="0.2"></performance-monitor-widget>"""
MISSING = """async (snapshot) => {
  const missing = [];
  const watched = (value, path) => value === null || typeof value !== "object" ? value : new Proxy(value, {
    get(target, key) {
      const own = Object.hasOwn(target, key);
      if (!own && !(key in target) && typeof key === "string") missing.push(`${path}.${key}`);
      return own && key !== "length" ? watched(target[key], `${path}.${key}`) : target[key];
    },
  });
  await customElements.whenDefined("performance-monitor-widget");
  document.createElement("performance-monitor-widget").show(watched(snapshot, ""));
  return missing;
}"""
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255);
    const linear = parts.map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const ground = (element) => {
    const own = getComputedStyle(element).backgroundColor;
    return own === "rgba(0, 0, 0, 0)" ? ground(element.parentElement) : own;
  };
  const root = document.querySelector("performance-monitor-widget").shadowRoot;
  const texts = [...root.querySelectorAll("*")].filter((one) => one.checkVisibility()
    && [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));
  return texts.map((one) => {
    const both = [light(getComputedStyle(one).color), light(ground(one))].sort((a, b) => b - a);
    return [one.textContent, (both[0] + 0.05) / (both[1] + 0.05)];
  });
}"""


@pytest.fixture
def page(browser: Any, application: FastAPI, served: Any, token: str) -> Iterator[Any]:
    """A page of the application's own with the widget in it, refreshed five times a second, and the token given."""
    from fastapi import Response

    application.add_api_route("/desk", lambda: Response(STAND_IN, media_type="text/html"))
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.set_default_timeout(8000)
    page.goto(f"{served.url}/desk")
    page.get_by_label("Token of the monitor").fill(token)
    page.get_by_role("button", name="Open").click()
    page.get_by_text("search_docs").wait_for()
    yield page
    page.close()


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.05)
    return False


def test_it_shows_what_the_monitor_knows(page: Any, bus: Bus, monitor: PerformanceMonitor) -> None:
    """The five fields, tools, states, model calls with tokens, memory and artifacts; while a tool runs it is active."""
    bus.emit("tool:start", {"tool": "look_up", "call_id": "c-9"})
    page.get_by_text("waits for look_up").wait_for()
    page.locator(".pill.active").wait_for()
    fields = dict(zip(page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts(), strict=True))
    assert list(fields) == ["State", "Primary metric", "Secondary metric", "Last activity", "Message"]
    assert (fields["State"], fields["Secondary metric"]) == ("active", "1 model call")
    assert re.fullmatch(r"\d+ MB", fields["Primary metric"])
    assert re.fullmatch(r"\d\d:\d\d:\d\d", fields["Last activity"])
    cells = page.get_by_label("Tools", exact=True).locator("table tr").nth(1).locator("td").all_inner_texts()
    assert cells[:3] == ["search_docs", "1", "0"]
    assert page.get_by_text("tokens in 1,200").is_visible()
    assert page.get_by_text("artifacts created 1").is_visible()
    assert page.get_by_label("States", exact=True).get_by_text("planning").is_visible()
    assert page.get_by_text("limit 1.0 TiB").is_visible()


def test_a_tools_name_is_text(page: Any) -> None:
    """One that is called as an image with a script stands there as it is written, and nothing runs."""
    assert page.get_by_text("<img src=x onerror=\"document.title='broken'\">").is_visible()
    assert page.title() == "desk"
    assert page.locator("performance-monitor-widget img").count() == 0


@pytest.mark.parametrize("transport", ["http", "websocket"])
def test_it_stops_when_it_is_removed(page: Any, served: Any, transport: str) -> None:
    """No further request, no open socket; put back, it goes on with the token that it had."""
    page.evaluate(
        "transport => document.querySelector('performance-monitor-widget').setAttribute('transport', transport)",
        transport,
    )
    path = "/ops/monitor" + ("/live" if transport == "websocket" else "")
    assert within(3, lambda: served.asked[-1] == path)
    page.get_by_text("search_docs").wait_for()
    page.evaluate("() => { window.kept = document.querySelector('performance-monitor-widget'); kept.remove(); }")
    assert within(2, lambda: served.open_sockets == 0)
    page.wait_for_timeout(300)
    before = len(served.asked)
    page.wait_for_timeout(500)
    assert len(served.asked) == before
    page.evaluate("() => document.body.append(window.kept)")
    assert within(3, lambda: len(served.asked) > before)
    assert page.locator("form").is_hidden()


def test_it_rests_while_nobody_sees_it(page: Any, served: Any) -> None:
    """A page in the background asks for nothing, and is fresh as soon as it is looked at."""
    hide = "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true}); "
    hide += "document.dispatchEvent(new Event('visibilitychange')); }"
    page.evaluate(hide, True)
    page.wait_for_timeout(300)
    before = len(served.asked)
    page.wait_for_timeout(500)
    assert len(served.asked) == before
    page.evaluate(hide, False)
    assert within(2, lambda: len(served.asked) > before)


def test_a_new_alert_is_a_toast(page: Any, bus: Bus) -> None:
    """Once, also when it is resolved later; it can be closed, and stays in the list."""
    for number in range(6):
        bus.emit("tool:start", {"tool": "flaky", "call_id": number})
        bus.emit("tool:error", {"tool": "flaky", "call_id": number, "error": "no"})
    page.locator(".toast").get_by_text("flaky").wait_for()
    page.wait_for_timeout(500)
    assert page.locator(".toast").count() == 1
    page.get_by_label("Close this alert").click()
    assert page.locator(".toast").count() == 0
    assert page.get_by_label("Alerts", exact=True).get_by_text("flaky").is_visible()


def test_toasts_lie_over_no_button(page: Any, bus: Bus) -> None:
    """At the end of the page Export and Reset can be seen while three alerts are new."""
    for tool in ("one", "two", "three"):
        for number in range(6):
            bus.emit("tool:start", {"tool": tool, "call_id": number})
            bus.emit("tool:error", {"tool": tool, "call_id": number})
    page.locator(".toast").nth(2).wait_for()
    page.set_viewport_size({"width": 900, "height": 900})
    page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    boxes = [page.get_by_role("button", name=name).bounding_box() for name in ("Export", "Reset")]
    lowest = max(box["y"] + box["height"] for box in (one.bounding_box() for one in page.locator(".toast").all()))
    assert all(lowest < box["y"] < 900 for box in boxes)


def test_reset_and_export(page: Any, tmp_path: Path) -> None:
    """Export saves the monitor's JSON; reset asks once more, and then everything is counted from zero."""
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export").click()
    saved.value.save_as(tmp_path / "export.json")
    assert saved.value.suggested_filename.startswith("metabot-monitor-")
    assert json.loads((tmp_path / "export.json").read_text())["tools"]["search_docs"]["calls"] == 1
    page.get_by_role("button", name="Reset").press("Enter")
    assert page.get_by_text("search_docs").is_visible()
    page.get_by_role("button", name="Forget everything?").press("Enter")
    page.get_by_text("search_docs").wait_for(state="detached")


def test_it_outlives_its_server(page: Any, browser: Any, application: FastAPI, token: str, serving: Any) -> None:
    """While the server is away it says since when, and goes on afterwards. A wrong token is asked for again."""
    with serving(application) as first:
        page.goto(f"{first.url}/desk")
        page.get_by_label("Token of the monitor").fill("wrong")
        page.get_by_role("button", name="Open").click()
        page.get_by_text("The monitor says: this is not the token").wait_for()
        asked = len(first.asked)
        page.wait_for_timeout(500)
        assert len(first.asked) == asked, "only a token helps"
        page.get_by_label("Token of the monitor").fill(token)
        page.get_by_role("button", name="Open").click()
        page.get_by_text("search_docs").wait_for()
    page.get_by_text(re.compile(r"^Not reachable since \d\d:\d\d:\d\d")).wait_for()
    assert page.get_by_text("search_docs").is_visible(), "what was known stays"
    with serving(application, int(first.url.rsplit(":", 1)[1])):
        page.locator(".banner").wait_for(state="hidden")


def test_the_bare_page_needs_no_exception_of_its_policy(browser: Any, served: Any, token: str) -> None:
    """It refreshes every two seconds; only the missing token is complained of, and the token is nowhere in it."""
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{served.url}/ops/monitor/page")
    page.get_by_label("Token of the monitor").fill(token)
    page.get_by_role("button", name="Open").click()
    page.get_by_text("search_docs").wait_for()
    before = served.asked.count("/ops/monitor")
    page.wait_for_timeout(2300)
    assert served.asked.count("/ops/monitor") - before in (1, 2)
    assert [text for text in said if "401" not in text] == []
    assert token not in page.content() + page.url + "".join(served.asked)
    assert page.evaluate("() => localStorage.length + sessionStorage.length + document.cookie.length") == 0
    page.close()


def test_it_reads_nothing_that_the_snapshot_lacks(page: Any, monitor: PerformanceMonitor, bus: Bus) -> None:
    """The widget and the snapshot agree: each name that it reads is there."""
    for number in range(6):
        bus.emit("tool:start", {"tool": "flaky", "call_id": number})
        bus.emit("tool:error", {"tool": "flaky", "call_id": number, "error": "no"})
    text = as_snapshot(monitor)
    assert text is not None
    assert json.loads(text)["alerts"]
    assert page.evaluate(MISSING, json.loads(text)) == []
    assert page.evaluate(MISSING, json.loads(text) | {"tools": {"t": {}}}) != []


def test_it_can_be_read(page: Any, bus: Bus) -> None:
    """In both schemes every text has a contrast of at least 4.5 to its ground, alerts and errors too."""
    for number in range(6):
        bus.emit("tool:start", {"tool": "flaky", "call_id": number})
        bus.emit("tool:error", {"tool": "flaky", "call_id": number, "error": "no"})
    page.locator(".toast").wait_for()
    page.locator("td .bad").first.wait_for()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        contrasts = page.evaluate(CONTRAST)
        assert len(contrasts) > 40
        assert [(scheme, text, ratio) for text, ratio in contrasts if ratio < 4.5] == []


def test_over_websocket_it_asks_for_the_token_too(page: Any, token: str) -> None:
    """At once, and goes on with the one that it is told."""
    widget = "document.querySelector('performance-monitor-widget')"
    page.evaluate(f"() => {{ {widget}.setAttribute('transport', 'websocket'); {widget}.token = 'no'; }}")
    page.get_by_text("The monitor says: this is not the token").wait_for(timeout=4000)
    page.get_by_label("Token of the monitor").fill(token)
    page.get_by_role("button", name="Open").click()
    page.locator("form").wait_for(state="hidden")

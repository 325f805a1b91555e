"""The snapshot over WebSocket."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from metabot_instrument.signals.bus import Bus


def listening(served: Any, first: str | bytes | None = None, **options: Any) -> list[dict[str, Any]]:
    """Three snapshots, after `first` was said. Raises as the connection ends."""

    async def listen() -> list[dict[str, Any]]:
        address = served.url.replace("http", "ws") + "/ops/monitor/live"
        async with connect(address, proxy=None, **options) as socket:
            if first is not None:
                await socket.send(first)
            return [json.loads(await socket.recv()) for _ in range(3)]

    return asyncio.run(listen())


def test_a_page_says_its_token_first(served: Any, token: str, bus: Bus) -> None:
    """Then it gets what the monitor knows, again and again, fresh each time."""
    snapshots = listening(served, json.dumps({"token": token}), origin=served.url)
    assert [one["tools"]["search_docs"]["calls"] for one in snapshots] == [1, 1, 1]
    assert len({one["exported_at"] for one in snapshots}) == 3


def test_a_program_says_it_in_its_header(served: Any, token: str) -> None:
    """As it would over HTTP."""
    assert len(listening(served, additional_headers={"Authorization": f"Bearer {token}"})) == 3


@pytest.mark.parametrize("first", ['{"token": "no"}', '"token"', "[" * 3000, "x" * 5000, b"\x00"])
def test_what_is_no_token_is_shown_out(served: Any, first: str | bytes) -> None:
    """With a code that means 401, and words."""
    with pytest.raises(ConnectionClosedError) as ended:
        listening(served, first)
    assert ended.value.rcvd is not None
    assert (ended.value.rcvd.code, "this is not the token" in ended.value.rcvd.reason) == (4401, True)


@pytest.mark.parametrize("says", [True, False])
def test_strangers_take_no_place_of_those_who_may_listen(served: Any, token: str, says: bool) -> None:
    """A hundred and twenty that say no token shut nobody out who does; the oldest must go."""

    async def listen() -> tuple[int, int | None]:
        address = served.url.replace("http", "ws") + "/ops/monitor/live"
        headers = {} if says else {"Authorization": f"Bearer {token}"}
        async with AsyncExitStack() as open_ones:
            strangers = [await open_ones.enter_async_context(connect(address, proxy=None)) for _ in range(120)]
            async with connect(address, proxy=None, additional_headers=headers) as owner:
                if says:
                    await owner.send(json.dumps({"token": token}))
                json.loads(await owner.recv())
            await asyncio.wait_for(strangers[0].wait_closed(), 2)
            return sum(one.close_code is None for one in strangers), strangers[0].close_code

    left, code = asyncio.run(listen())
    assert (left <= 100, code) == (True, 4401)


def test_where_the_server_has_no_token_nobody_listens(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a code that means 503, and words that say what to set."""
    monkeypatch.delenv("METABOT_METRICS_TOKEN")
    with pytest.raises(ConnectionClosedError) as ended:
        listening(served)
    assert ended.value.rcvd is not None
    assert (ended.value.rcvd.code, "METABOT_METRICS_TOKEN" in ended.value.rcvd.reason) == (4503, True)


def test_a_token_that_is_changed_ends_it(served: Any, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the next snapshot."""

    async def listen() -> int | None:
        address = served.url.replace("http", "ws") + "/ops/monitor/live"
        async with connect(address, proxy=None, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
            await socket.recv()
            monkeypatch.setenv("METABOT_METRICS_TOKEN", "another")
            await socket.wait_closed()
            return socket.close_code

    assert asyncio.run(listen()) == 4401


def test_a_page_of_another_site_is_refused(served: Any, token: str) -> None:
    """Before it is answered, even with the token: any page may open a WebSocket to this machine."""
    with pytest.raises(InvalidStatus) as refused:
        listening(served, json.dumps({"token": token}), origin="https://evil.example")
    assert refused.value.response.status_code == 403


def test_one_that_leaves_is_forgotten(served: Any, token: str) -> None:
    """At once, not at the next snapshot that it does not take."""
    listening(served, json.dumps({"token": token}))
    until = time.monotonic() + 2
    while served.open_sockets and time.monotonic() < until:
        time.sleep(0.02)
    assert served.open_sockets == 0

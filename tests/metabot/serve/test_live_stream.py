"""The live stream, by real clients over loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from metabot.errors import SettingsError
from metabot.serve.door import Door
from metabot.serve.live_stream import LiveStream
from metabot_instrument.lines.file import LineFile

SOON = 10.0


@dataclass(frozen=True, slots=True)
class Served:
    live: LiveStream
    address: str
    log: LineFile
    said: list[str]

    def write(self, *events: dict[str, Any]) -> None:
        self.log.append(b"".join(json.dumps(event).encode() + b"\n" for event in events))


@asynccontextmanager
async def served(folder: Path, *, rotate_bytes: int = 0, **door: Any) -> AsyncIterator[Served]:
    said: list[str] = []
    live = LiveStream(Door(host="127.0.0.1", port=0, **door), said.append, json.dumps)
    stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    log = folder / "events.jsonl"
    running = asyncio.create_task(live.run(log, stop, port.set_result))
    address = f"ws://127.0.0.1:{await asyncio.wait_for(port, SOON)}/"
    try:
        yield Served(live, address, LineFile(log, rotate_bytes=rotate_bytes), said)
    finally:
        stop.set()
        await asyncio.wait_for(running, SOON)


async def heard(client: ClientConnection, number: int) -> list[Any]:
    return [json.loads(await asyncio.wait_for(client.recv(), SOON)) for _ in range(number)]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not true():
            await asyncio.sleep(0.01)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 60))


def test_everybody_gets_what_they_asked_for(tmp_path: Path) -> None:
    """Two clients with a type, a task and nothing asked; what was written before they came is not sent."""

    async def test() -> None:
        LineFile(tmp_path / "events.jsonl").append(b'{"event":"eval"}\n')
        async with (
            served(tmp_path) as at,
            connect(at.address) as every,
            connect(f"{at.address}?type=alert_*&type=rune") as alerts,
            connect(f"{at.address}?task=t2&session=s") as task,
        ):
            await until(lambda: at.live.counts.clients == 3)
            at.write({"event": "rune", "task_id": "t1"}, {"event": "alert_triggered", "task_id": "t2"})
            at.write({"event": "replan", "task_id": "t2", "session_id": "s", "payload": {"said": "ä\u202e"}})
            assert [one["event"] for one in await heard(every, 3)] == ["rune", "alert_triggered", "replan"]
            assert [one["event"] for one in await heard(alerts, 2)] == ["rune", "alert_triggered"]
            assert [one["payload"] for one in await heard(task, 1)] == [{"said": "ä\u202e"}]

    run(test)


@pytest.mark.slow
def test_goes_on_over_rotation(tmp_path: Path) -> None:
    """A log that is rotated every few lines reaches a client whole and in order."""

    async def test() -> None:
        async with served(tmp_path, rotate_bytes=200) as at, connect(at.address) as client:
            await until(lambda: at.live.counts.clients == 1)
            for number in range(60):
                at.write({"event": "eval", "n": number})
                await asyncio.sleep(0.02)
            assert [one["n"] for one in await heard(client, 60)] == list(range(60))
        assert (tmp_path / "events.jsonl.1").exists()

    run(test)


async def refused(address: str, **more: Any) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as refusal:
        async with connect(address, **more):
            pass
    return refusal.value


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        pytest.param("", {"origin": "https://evil.example"}, 403, id="a page of another origin"),
        pytest.param("", {"origin": "null"}, 403, id="a page without an origin"),
        pytest.param("events", {}, 404, id="another path"),
        pytest.param("?typ=eval", {}, 400, id="a question that is not known"),
    ],
)
def test_refuses(tmp_path: Path, path: str, more: dict[str, Any], status: int) -> None:
    """With the status of HTTP that tells why, before any event is sent."""

    async def test() -> None:
        async with served(tmp_path) as at:
            assert (await refused(at.address + path, **more)).response.status_code == status
            assert at.live.counts.clients == 0

    run(test)


def test_lets_in_a_page_whose_origin_is_named(tmp_path: Path) -> None:
    """That one, and still no other."""

    async def test() -> None:
        async with served(tmp_path, origins=("https://board.example",)) as at:
            async with connect(at.address, origin="https://board.example"):  # type: ignore[arg-type]
                await until(lambda: at.live.counts.clients == 1)
            assert (await refused(at.address, origin="https://board.example.evil")).response.status_code == 403

    run(test)


@pytest.mark.parametrize("given", [[], ["Bearer wrong"], ["Basic s3cret"], ["Bearer s3cret", "Bearer s3cret"]])
def test_demands_its_token(tmp_path: Path, given: list[str]) -> None:
    """Exactly one header with the very token; the answer does not tell it."""

    async def test() -> None:
        async with served(tmp_path, token="s3cret") as at:
            headers = [("Authorization", one) for one in given]
            answer = (await refused(at.address, additional_headers=headers)).response
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
            assert b"s3cret" not in (answer.body or b"")
            async with connect(at.address, additional_headers={"Authorization": "Bearer s3cret"}):
                await until(lambda: at.live.counts.clients == 1)
        assert "s3cret" not in repr(Door(host="::1", port=0, token="s3cret"))

    run(test)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org"])
def test_does_not_open_to_others_without_a_token(host: str) -> None:
    """Listening beyond loopback needs one; the message says how."""
    with pytest.raises(SettingsError, match="--token-env"):
        Door(host=host, port=0)
    Door(host=host, port=0, token="s3cret")


@pytest.mark.slow
def test_drops_a_client_that_is_too_slow_and_serves_the_others(tmp_path: Path) -> None:
    """One that reads nothing is let go after a mebibyte, counted and said; who reads gets every event."""

    async def test() -> None:
        async with served(tmp_path) as at, connect(at.address, max_size=None) as reads:
            slow = await asyncio.open_connection("127.0.0.1", int(at.address.split(":")[2].strip("/")), limit=1)
            key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            slow[1].write(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + key + b"\r\n")
            await until(lambda: at.live.counts.clients == 2)
            given = 0
            while at.live.counts.dropped == 0:
                at.write(*({"n": number, "payload": "x" * 100_000} for number in range(given, given + 8)))
                assert [one["n"] for one in await heard(reads, 8)] == list(range(given, given + 8))
                given += 8
            assert [line for line in at.said if "too slow" in line]
            slow[1].close()

    run(test)


def test_a_single_event_of_any_size_arrives(tmp_path: Path) -> None:
    """Two mebibytes in one line are no reason to drop a client for whom nothing waits."""

    async def test() -> None:
        async with served(tmp_path) as at, connect(at.address, max_size=None) as client:
            await until(lambda: at.live.counts.clients == 1)
            at.write({"event": "eval", "payload": "x" * (2 << 20)})
            assert len((await heard(client, 1))[0]["payload"]) == 2 << 20
            assert at.live.counts.dropped == 0

    run(test)


def test_a_client_that_speaks_is_shown_out(tmp_path: Path) -> None:
    """The stream takes nothing in; others stay."""

    async def test() -> None:
        async with served(tmp_path) as at, connect(at.address) as stays, connect(at.address) as speaks:
            await speaks.send("hello")
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(speaks.recv(), SOON)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1008
            at.write({"event": "eval"})
            assert await heard(stays, 1) == [{"event": "eval"}]

    run(test)


@pytest.mark.slow
def test_has_a_place_for_a_hundred(tmp_path: Path) -> None:
    """The next one is asked to come back; a place that is left is free again."""

    async def test() -> None:
        async with served(tmp_path) as at:
            clients = [await connect(at.address) for _ in range(100)]
            await until(lambda: at.live.counts.clients == 100)
            assert (await refused(at.address)).response.status_code == 503
            at.write({"event": "eval"})
            assert await asyncio.gather(*(heard(client, 1) for client in clients)) == [[{"event": "eval"}]] * 100
            await asyncio.gather(*(client.close() for client in clients))
            async with connect(at.address):
                await until(lambda: at.live.counts.clients == 101)

    run(test)


def test_says_goodbye(tmp_path: Path) -> None:
    """When it is told to end, clients are told that it goes away, and it ends at once."""

    async def test() -> None:
        async with served(tmp_path) as at:
            client = await connect(at.address)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001

    run(test)


def test_an_address_in_use_is_a_message(tmp_path: Path) -> None:
    """Which one, and what to do."""

    async def test() -> None:
        async with served(tmp_path) as at:
            port = int(at.address.split(":")[2].strip("/"))
            second = LiveStream(Door(host="127.0.0.1", port=port), print, json.dumps)
            with pytest.raises(SettingsError, match=rf"127.0.0.1:{port}: cannot be listened on"):
                await second.run(tmp_path / "events.jsonl", asyncio.Event(), print)

    run(test)

"""Concurrent steps never take each other for parents."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from metabot_instrument import tracer
from tests.instrument.traces.written import Trace

_DEPTH = 3


def _assert_every_parent_is_right(lines: list[dict[str, Any]], workers: int) -> None:
    """Each line tells in `input_summary` who wrote it, and in its metadata who its parent should be."""
    by_id = {line["trace_id"]: line for line in lines}
    assert len(by_id) == len(lines) == workers * _DEPTH
    for line in lines:
        parent = by_id[line["parent_id"]]["input_summary"] if line["parent_id"] else None
        assert parent == line["metadata"].get("under")
    assert len({line["otel_trace_id"] for line in lines}) == workers


async def _nested(worker: int, depth: int = 0) -> None:
    under = {"under": f"{worker}/{depth - 1}"} if depth else {}
    async with tracer.span("reasoning", "classify", "c.py", f"{worker}/{depth}") as span:
        await asyncio.sleep(0)
        if depth < _DEPTH - 1:
            await _nested(worker, depth + 1)
        await asyncio.sleep(0)
        span.set_output("done", **under)


def test_a_thousand_tasks_each_keep_their_parents(trace: Trace) -> None:
    """All of them are in the middle of their steps at the same time."""

    async def everyone() -> None:
        await asyncio.gather(*(_nested(worker) for worker in range(1000)))

    asyncio.run(everyone())
    _assert_every_parent_is_right(trace.lines(), 1000)


def test_fifty_threads_each_keep_their_parents(trace: Trace) -> None:
    """They wait for one another inside every step."""
    together = threading.Barrier(50)

    def nested(worker: int, depth: int = 0) -> None:
        under = {"under": f"{worker}/{depth - 1}"} if depth else {}
        with tracer.span("reasoning", "classify", "c.py", f"{worker}/{depth}") as span:
            together.wait(30)
            if depth < _DEPTH - 1:
                nested(worker, depth + 1)
            together.wait(30)
            span.set_output("done", **under)

    threads = [threading.Thread(target=nested, args=(worker,)) for worker in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _assert_every_parent_is_right(trace.lines(), 50)


def test_tasks_of_a_group_and_threads_of_asyncio_are_under_the_step_that_began_them(trace: Trace) -> None:
    """They run in a copy of its context; an executor that is given none begins traces of its own."""

    def read(name: str) -> None:
        tracer.event("memory", "read", "m.py", name)

    async def search(name: str) -> None:
        async with tracer.span("focus", "route", "r.py", name):
            await asyncio.to_thread(read, name)

    async def plan() -> None:
        async with tracer.span("altitude", "plan"), asyncio.TaskGroup() as group:
            group.create_task(search("a"))
            group.create_task(search("b"))
            with ThreadPoolExecutor(1) as pool:
                pool.submit(tracer.event, "memory", "write", "m.py", "alone").result()
                pool.submit(contextvars.copy_context().run, read, "copied").result()

    asyncio.run(plan())
    lines = trace.lines()
    of = {(line["operation"], line["input_summary"]): line for line in lines}
    root = of["plan", ""]["trace_id"]
    for name in ("a", "b"):
        assert of["route", name]["parent_id"] == root
        assert of["read", name]["parent_id"] == of["route", name]["trace_id"]
    assert of["read", "copied"]["parent_id"] == root
    assert of["write", "alone"]["parent_id"] is None


def test_a_task_that_outlives_its_step_is_still_under_it(trace: Trace) -> None:
    """Its parent's line is written before its own."""

    async def late(gate: asyncio.Event) -> None:
        await gate.wait()
        tracer.event("memory", "write")

    async def plan() -> None:
        gate = asyncio.Event()
        with tracer.span("altitude", "plan"):
            task = asyncio.create_task(late(gate))
            await asyncio.sleep(0)
        gate.set()
        await task

    asyncio.run(plan())
    assert trace.path_of("write") == ["plan", "write"]


def test_a_cancelled_step_is_an_error_and_leaves_nothing_current(trace: Trace) -> None:
    """It did not do what it began."""

    async def plan() -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                async with tracer.span("altitude", "plan"):
                    await asyncio.sleep(30)
        tracer.event("memory", "write")

    asyncio.run(plan())
    assert (trace.line("plan")["status"], trace.line("plan")["metadata"]["error_type"]) == ("error", "CancelledError")
    assert trace.line("write")["parent_id"] is None


def test_a_step_left_in_another_context_leaves_that_one_alone(trace: Trace) -> None:
    """A generator with a step open across its yields may be closed anywhere, as the event loop does with its own."""

    def steps() -> Iterator[int]:
        with tracer.span("reasoning", "classify"):
            yield 1

    running = steps()
    contextvars.copy_context().run(next, running)
    with tracer.span("altitude", "plan"):
        running.close()
        tracer.event("memory", "read")
    assert trace.path_of("read") == ["plan", "read"]
    assert trace.line("classify")["status"] == "success"


def _in_the_child() -> None:
    with tracer.span("reasoning", "route"):
        tracer.event("memory", "read")


def test_a_forked_child_goes_on_tracing_under_the_step_that_forked_it(trace: Trace) -> None:
    """No line is written twice, none is lost, and the ids of the two processes differ."""
    with tracer.span("altitude", "execute"):
        tracer.event("memory", "write")
        child = multiprocessing.get_context("fork").Process(target=_in_the_child)
        child.start()
        child.join(30)
        assert child.exitcode == 0
    assert trace.path_of("read") == ["execute", "route", "read"]
    assert len(trace.lines()) == len({line["trace_id"] for line in trace.lines()}) == 4


@pytest.mark.slow
def test_a_fork_while_other_threads_trace_does_not_hang_the_child(trace: Trace) -> None:
    """Whatever locks they hold at that moment."""
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            tracer.event("memory", "read")

    threads = [threading.Thread(target=busy) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        child = multiprocessing.get_context("fork").Process(target=_in_the_child)
        child.start()
        child.join(30)
        if child.exitcode is None:
            os.kill(child.pid or 0, 9)
        assert child.exitcode == 0
    stop.set()
    for thread in threads:
        thread.join()
    assert sum(line["operation"] == "route" for line in trace.lines()) == 10

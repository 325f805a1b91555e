"""Concurrent steps never take each other for parents."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import faulthandler
import gc
import multiprocessing
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from metabot_instrument import configure, tracer
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

    gc.collect()  # of other tests' objects: some wait, when they end, for threads that a child does not have

    def in_the_child() -> None:
        faulthandler.dump_traceback_later(25, exit=True, file=sys.__stderr__)  # where it hangs
        _in_the_child()

    threads = [threading.Thread(target=busy) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(10):
            child = multiprocessing.get_context("fork").Process(target=in_the_child)
            child.start()
            child.join(30)
            assert child.exitcode == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert sum(line["operation"] == "route" for line in trace.lines()) == 10


def test_one_step_entered_again_is_a_span_each_time(trace: Trace) -> None:
    """Within itself and after itself; what comes later is under none of them."""
    step = tracer.span("memory", "read", "shared")
    with step as outer, tracer.span("altitude", "plan"), step as inner:
        pass
    with step as after:
        pass
    tracer.event("system", "later")
    lines = {line["trace_id"]: line for line in trace.lines()}
    assert len(lines) == 5
    assert trace.path_of("plan") == ["read", "plan"]
    assert lines[inner.trace_id]["parent_id"] == trace.line("plan")["trace_id"]
    assert [lines[span.trace_id]["parent_id"] for span in (outer, after)] == [None, None]
    assert trace.line("later")["parent_id"] is None


@pytest.mark.parametrize("last_first", [False, True])
def test_one_step_of_many_threads_is_a_span_of_each(trace: Trace, last_first: bool) -> None:
    """All are open at one time, and each ends its own in whatever order."""
    step = tracer.span("memory", "read", "shared")
    together, turns = threading.Barrier(8), [threading.Event() for _ in range(9)]

    def enter(number: int) -> None:
        with step as span:
            span.set_output(number)
            together.wait(30)
            turns[number].wait(30)
            with step:
                tracer.event("memory", "write", "m.py", output=number)
        turns[number + (-1 if last_first else 1)].set()

    threads = [threading.Thread(target=enter, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    turns[7 if last_first else 0].set()
    for thread in threads:
        thread.join()
    lines = {line["trace_id"]: line for line in trace.lines()}
    assert len(lines) == 24
    ended = [line["output_summary"] for line in trace.lines() if line["operation"] == "read" and line["output_summary"]]
    assert ended == [str(number) for number in (reversed(range(8)) if last_first else range(8))]
    for line in lines.values():
        if line["operation"] == "write":
            outer = lines[lines[line["parent_id"]]["parent_id"]]
            assert (outer["output_summary"], outer["parent_id"]) == (line["output_summary"], None)


def test_one_step_of_many_tasks_is_a_span_of_each(trace: Trace) -> None:
    """They share a thread, and end in the order they began in, not the reverse."""
    step = tracer.span("memory", "read", "shared")

    async def enter(number: int) -> None:
        async with step as span:
            span.set_output(number)
            await asyncio.sleep(0.01 * number)
            tracer.event("memory", "write", "m.py", output=number)

    async def everyone() -> None:
        await asyncio.gather(*(enter(number) for number in range(5)))

    asyncio.run(everyone())
    lines = {line["trace_id"]: line for line in trace.lines()}
    assert len(lines) == 10
    for line in lines.values():
        if line["operation"] == "write":
            assert lines[line["parent_id"]]["output_summary"] == line["output_summary"]


def test_one_step_of_two_generators_ends_both(trace: Trace) -> None:
    """Closed elsewhere than they began, each ends one, and none stays current."""
    step = tracer.span("reasoning", "classify")

    def steps() -> Iterator[int]:
        with step:
            yield 1

    running = [steps(), steps()]
    for each in running:
        contextvars.copy_context().run(next, each)
    with tracer.span("altitude", "plan"):
        for each in running:
            each.close()
        tracer.event("memory", "read")
    assert [line["operation"] for line in trace.lines()] == ["classify", "classify", "read", "plan"]
    assert trace.path_of("read") == ["plan", "read"]


def test_one_step_around_a_change_of_the_settings_ends_what_it_began(trace: Trace) -> None:
    """Entered while tracing was off, it records nothing, and leaves the recorded one to its own end."""
    step = tracer.span("memory", "read")
    off = contextvars.copy_context()
    with step:
        configure(trace=False)
        off.run(step.__enter__)
        configure(trace=True)
        off.run(step.__exit__, None, None, None)
        tracer.event("memory", "write")
    assert trace.path_of("write") == ["read", "write"]

"""Traced functions stay what they are."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any

import pytest

from metabot_instrument import configure, failures, tracer
from tests.instrument.traces.written import Trace


@tracer.span("focus", "route", "router.py")
def route(signal: str, *, lane: int = 1) -> str:
    """Finds the lane."""
    tracer.current().set_output(f"{signal} in {lane}")
    return f"{signal}{lane}"


@tracer.span("reasoning", "classify")
async def classify(text: str) -> int:
    await asyncio.sleep(0)
    tracer.event("memory", "read")
    return len(text)


@tracer.span("reasoning", "tokens")
def tokens(count: int) -> Generator[int, int | None, str]:
    total = 0
    for number in range(count):
        tracer.event("memory", "read", "m.py", number)
        total += (yield number) or 0
    return f"total {total}"


@tracer.span("reasoning", "stream")
async def stream(count: int) -> AsyncIterator[int]:
    for number in range(count):
        await asyncio.sleep(0)
        tracer.event("memory", "read", "m.py", number)
        yield number


class Gate:
    @tracer.span("focus", "gate_check")
    def check(self, name: str) -> tuple[Gate, str]:
        return self, name

    @staticmethod
    @tracer.span("focus", "lane_switch")
    def switch(lane: int) -> int:
        return lane

    @classmethod
    @tracer.span("focus", "consent_check")
    def consent(cls, name: str) -> tuple[type, str]:
        return cls, name


def test_name_signature_and_kind_stay() -> None:
    """What frameworks ask a function about is answered as before."""
    assert (route.__name__, route.__doc__) == ("route", "Finds the lane.")
    assert str(inspect.signature(route)) == "(signal: 'str', *, lane: 'int' = 1) -> 'str'"
    assert inspect.iscoroutinefunction(classify)
    assert inspect.isgeneratorfunction(tokens)
    assert inspect.isasyncgenfunction(stream)


@pytest.mark.parametrize("on", [True, False])
def test_results_are_the_same_on_and_off(trace: Trace, on: bool) -> None:
    """These functions were decorated before anything was turned on."""
    configure(trace=on)
    gate = Gate()

    async def streamed() -> list[int]:
        return [number async for number in stream(3)]

    assert route("s", lane=2) == "s2"
    assert asyncio.run(classify("four")) == 4
    assert list(tokens(3)) == [0, 1, 2]
    assert asyncio.run(streamed()) == [0, 1, 2]
    assert (gate.check("a"), Gate.switch(4), Gate.consent("b")) == ((gate, "a"), 4, (Gate, "b"))
    written = {"route", "classify", "tokens", "stream", "gate_check", "lane_switch", "consent_check", "read"}
    assert {line["operation"] for line in trace.lines()} == (written if on else set())


def test_the_line_names_the_function_and_what_it_gave(trace: Trace) -> None:
    """Its file and first line cost nothing, for they are known when it is decorated."""
    route("s")
    line = trace.line("route")
    assert (line["component"], line["output_summary"]) == ("router.py", "s in 1")
    assert (line["code_file"], line["code_line"]) == (__file__, inspect.unwrap(route).__code__.co_firstlineno)
    assert line["code_function"].endswith("test_decorator.route")


def test_a_recursive_function_has_a_step_for_each_call(trace: Trace) -> None:
    """Each under the call that made it."""

    @tracer.span("reasoning", "descend")
    def descend(depth: int) -> int:
        return descend(depth - 1) if depth else 0

    descend(3)
    lines = trace.lines()
    assert [line["parent_id"] for line in lines] == [line["trace_id"] for line in lines[1:]] + [None]


def test_between_two_steps_of_a_generator_the_callers_step_is_current(trace: Trace) -> None:
    """Two generators read in turns, and what is done between, do not take each other for parents."""
    with tracer.span("altitude", "plan"):
        for _one, _other in zip(tokens(2), tokens(2), strict=True):
            tracer.event("memory", "write")
    lines = trace.lines()
    root = trace.line("plan")["trace_id"]
    runs = [line["trace_id"] for line in lines if line["operation"] == "tokens"]
    assert {line["parent_id"] for line in lines if line["operation"] in ("tokens", "write")} == {root}
    assert sorted(line["parent_id"] for line in lines if line["operation"] == "read") == sorted(runs * 2)


def test_a_step_that_a_generator_keeps_open_over_its_yields_is_its_own(trace: Trace) -> None:
    """What comes after the yield is under it again."""

    @tracer.span("reasoning", "outer")
    def outer() -> Iterator[int]:
        with tracer.span("reasoning", "inner"):
            yield 1
            tracer.event("memory", "read")

    for _ in outer():
        tracer.event("memory", "write")
    assert trace.path_of("read") == ["outer", "inner", "read"]
    assert trace.path_of("write") == ["write"]


def test_a_generator_is_sent_to_thrown_at_and_closed_as_before(trace: Trace) -> None:
    """And its result is the same."""
    running = tokens(2)
    assert next(running) == 0
    assert running.send(5) == 1
    with pytest.raises(StopIteration) as ended:
        running.send(6)
    assert ended.value.value == "total 11"
    thrown = tokens(2)
    next(thrown)
    with pytest.raises(ZeroDivisionError):
        thrown.throw(ZeroDivisionError("x"))
    closed = tokens(2)
    next(closed)
    closed.close()
    assert [line["status"] for line in trace.lines() if line["operation"] == "tokens"] == [
        "success",
        "error",
        "success",
    ]


@pytest.mark.parametrize("on", [True, False])
def test_an_async_generator_as_context_manager_sees_what_is_raised_inside(trace: Trace, on: bool) -> None:
    """It may swallow it, as `asynccontextmanager` allows."""
    configure(trace=on)
    seen: list[BaseException] = []

    @contextlib.asynccontextmanager
    @tracer.span("memory", "promote")
    async def transaction() -> AsyncIterator[str]:
        try:
            yield "open"
        except ValueError as error:
            seen.append(error)

    async def use() -> None:
        async with transaction() as state:
            assert state == "open"
            raise ValueError("inside")

    asyncio.run(use())
    assert [str(error) for error in seen] == ["inside"]


def test_an_async_generator_closed_early_ends_its_step(trace: Trace) -> None:
    """To stop reading is no failure; what it awaits after its last item is in its step."""
    cleaned: list[str] = []

    @tracer.span("reasoning", "answer")
    async def answer() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)
            cleaned.append("yes")

    async def read() -> None:
        running = answer()
        async for _ in running:
            break
        await running.aclose()  # type: ignore[attr-defined]

    asyncio.run(read())
    assert cleaned == ["yes"]
    assert trace.line("answer")["status"] == "success"


def test_the_order_of_decorators_of_a_method_does_not_matter(trace: Trace) -> None:
    """Ours may stand above the one that makes it static."""

    class Lane:
        @tracer.span("focus", "lane_switch")
        @staticmethod
        def switch(lane: int) -> int:
            return lane

        @tracer.span("focus", "consent_check")
        @classmethod
        def consent(cls) -> type:
            return cls

    assert (Lane().switch(4), Lane.switch(4), Lane().consent()) == (4, 4, Lane)
    assert len(trace.lines()) == 3


def test_what_is_no_function_stays_as_it_is() -> None:
    """A class that became a function would break the application; it is counted."""
    before = failures().get("trace", 0)

    class Planner: ...

    assert tracer.span("altitude", "plan")(Planner) is Planner
    prop = property(lambda _: 1)
    assert tracer.span("altitude", "plan")(prop) is prop  # type: ignore[type-var]
    assert failures()["trace"] == before + 2


def test_a_function_without_source_is_traced_too(trace: Trace) -> None:
    """One that is written in C has a name, and no file."""
    odd: Callable[..., Any] = tracer.span("system", "odd")(len)
    assert odd([1, 2]) == 2
    assert trace.line("odd")["code_function"] == "builtins.len"

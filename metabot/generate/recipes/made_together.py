"""The private function that `independent-calls` adds to a module: with threads, or with tasks of asyncio."""

from __future__ import annotations

from typing import Final

from metabot.generate.calls.added import Added
from metabot.generate.imports import Wanted

FUNCTION: Final = "_together"

_WITH_THREADS: Final = '''\
def _together(*calls: Callable[[], Any]) -> list[Any]:
    """What the calls give, in their order; at most eight run at once, and the first one's error is raised."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        pending = [pool.submit(copy_context().run, call) for call in calls]
        try:
            return [one.result() for one in pending]
        finally:
            for one in pending:
                one.cancel()
'''
_WITH_TASKS: Final = '''\
async def _together(*calls: Callable[[], Awaitable[Any]]) -> list[Any]:
    """What the calls give, in their order; at most eight run at once, and the first one's error is raised."""
    gate = asyncio.Semaphore(8)

    async def one(call: Callable[[], Awaitable[Any]]) -> Any:
        async with gate:
            return await call()

    pending = [asyncio.ensure_future(one(call)) for call in calls]
    try:
        return [await task for task in pending]
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
'''
IN_THREADS: Final = Added(
    FUNCTION,
    _WITH_THREADS,
    (
        Wanted("collections.abc", "Callable"),
        Wanted("concurrent.futures", "ThreadPoolExecutor"),
        Wanted("contextvars", "copy_context"),
        Wanted("functools", "partial"),
        Wanted("typing", "Any"),
    ),
)
IN_TASKS: Final = Added(
    FUNCTION,
    _WITH_TASKS,
    (
        Wanted("asyncio"),
        Wanted("collections.abc", "Awaitable"),
        Wanted("collections.abc", "Callable"),
        Wanted("functools", "partial"),
        Wanted("typing", "Any"),
    ),
)

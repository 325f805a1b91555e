"""Events, traces and model calls of a running LLM agent.

What fails in here is counted (`failures()`) and never reaches the application. Importing this is cheap: what a name
needs is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from metabot_instrument.boundary import failures
    from metabot_instrument.current import configure
    from metabot_instrument.model_calls.client import openai, uninstrument

__version__ = "0.1.0"

__all__ = [
    "configure",
    "failures",
    "openai",
    "uninstrument",
]

_MODULES: Final = {
    "configure": "current",
    "failures": "boundary",
    "openai": "model_calls.client",
    "uninstrument": "model_calls.client",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = found
    return found

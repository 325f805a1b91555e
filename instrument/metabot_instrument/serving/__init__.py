"""Over HTTP: the metrics, the monitor as JSON and over WebSocket, and the monitor's widget.

Needs FastAPI, the extra `web`; nothing else in here imports it.
"""

from __future__ import annotations

try:
    import fastapi as _fastapi  # noqa: F401
except ImportError as error:
    raise ImportError(
        "metabot_instrument.serving: FastAPI is not installed.\n  Install it: pip install 'metabot-instrument[web]'"
    ) from error

from metabot_instrument.serving.routes import router

__all__ = ["router"]

"""The layers of an agent and their operations, as traces name them, and the attributes that a traced span carries.

A layer has a long name (in `hrm_layer`) and three letters (in front of every id). Standard library only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_SHORT: Final = re.compile(r"[a-z]{3}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")

# Attributes of a traced span, whose name is `layer.operation`; success and error are its status, blocked is an event.
COMPONENT: Final = "metabot.trace.component"
INPUT: Final = "metabot.trace.input_summary"
OUTPUT: Final = "metabot.trace.output_summary"
METADATA: Final = "metabot.trace.metadata."  # and the key
TASK: Final = "metabot.task.id"
SESSION: Final = "session.id"  # https://opentelemetry.io/docs/specs/semconv/registry/attributes/session/

BLOCKED: Final = "blocked"
STATUSES: Final = ("success", "error", BLOCKED)


@dataclass(frozen=True, slots=True)
class Layer:
    """`operations` are those that are known; another operation may be traced all the same."""

    name: str
    short: str
    operations: tuple[str, ...] = ()


SYSTEM: Final = Layer("system", "sys")

LAYERS: Final[dict[str, Layer]] = {
    layer.name: layer
    for layer in (
        Layer("altitude", "alt", ("transition", "evaluate", "plan", "execute")),
        Layer("focus", "foc", ("stance_change", "gate_check", "lane_switch", "consent_check", "route")),
        Layer("reasoning", "rsn", ("classify", "route", "escalate")),
        Layer("learning", "lrn", ("pattern_match", "pattern_add", "pattern_trim", "generalize")),
        Layer("memory", "mem", ("read", "write", "promote", "demote")),
        SYSTEM,
    )
}

_NAMED: Final[dict[str, Layer]] = {word: layer for layer in LAYERS.values() for word in (layer.name, layer.short)}


def layer_named(text: str) -> Layer | None:
    """The layer of a long or a short name."""
    return _NAMED.get(text)


def declare(name: str, short: str, operations: tuple[str, ...] = ()) -> Layer:
    """Adds a layer, or operations to one that is there under the same two names.

    Raises ValueError where a name is malformed or taken by another layer.
    """
    if not _NAME.fullmatch(name) or not _SHORT.fullmatch(short):
        raise ValueError(
            f"layer {name!r}, {short!r}: say a name in lower case and three letters, as in 'memory', 'mem'"
        )
    for word in (name, short):
        if (there := _NAMED.get(word)) and (there.name, there.short) != (name, short):
            raise ValueError(f"layer {name!r}, {short!r}: {word!r} is the layer {there.name!r} ({there.short!r})")
    known = LAYERS[name].operations if name in LAYERS else ()
    layer = Layer(name, short, (*known, *(operation for operation in operations if operation not in known)))
    LAYERS[name] = _NAMED[name] = _NAMED[short] = layer
    return layer

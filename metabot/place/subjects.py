"""What the subject of a finding says for a search: names that may stand in the code, and whether a model is called."""

from __future__ import annotations

import re
from typing import Final

from analyzers.finding import Candidate, Subject

# Span names of the GenAI conventions: the operation, then the name of what it is done with.
# https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
_OPERATION: Final = re.compile(
    r"^(?:execute_tool|invoke_agent|create_agent|invoke_workflow|running tool:?|tool:?|agent:?) +(.+)$", re.IGNORECASE
)
_MODEL_CALL: Final = re.compile(
    r"^(chat|text_completion|generate_content|responses?|messages?)\b|chat.?completion|"
    r"\b(openai|anthropic|litellm|gemini|bedrock|ollama)\b",
    re.IGNORECASE,
)
_OF_MODEL_CALLS: Final = frozenset(
    {
        "prompt-cache-miss", "late-instructions", "cache-loss", "truncated-output", "runaway-output", "format-retry",
        "slow-first-token", "context-growth", "unused-tools",
    }
)  # fmt: skip


def names_of(subject: Subject) -> tuple[str, ...]:
    """The operation, and before it what it is done with where the name says both."""
    operation = str(subject.operation)
    named = _OPERATION.match(operation)
    return (operation,) if named is None else (named.group(1), operation)


def about_a_model_call(candidate: Candidate) -> bool:
    """The analyzer looks at model calls alone, or the operation is called like one."""
    return candidate.analyzer in _OF_MODEL_CALLS or _MODEL_CALL.search(candidate.subject.operation) is not None

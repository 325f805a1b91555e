"""The recipes by the analyzer whose findings they mend, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from metabot.generate.recipe import Recipe
from metabot.generate.recipes import (
    batch_embeddings,
    bound_history,
    cap_tool_output,
    drop_unused_tools,
    independent_calls,
    memoise,
    output_cap,
    remove_repeated_text,
    retry_request,
    retry_transient,
    reuse_client,
    stable_prompt_prefix,
    structured_output,
    timeout,
    tolerate_argument,
)

RECIPES: Final[Mapping[str, tuple[Recipe, ...]]] = {
    "context-growth": (bound_history.write,),
    "critical-path": (reuse_client.write,),
    "format-retry": (structured_output.write,),
    "late-instructions": (stable_prompt_prefix.write,),
    "missing-timeout": (timeout.write,),
    "no-retry": (retry_transient.write, retry_request.write),
    "oversized-tool-output": (cap_tool_output.write,),
    "prompt-cache-miss": (stable_prompt_prefix.write, remove_repeated_text.write),
    "recurring-error": (retry_transient.write, retry_request.write, tolerate_argument.write),
    "repeated-call": (memoise.write,),
    "runaway-output": (output_cap.write,),
    "serial-calls": (batch_embeddings.write, independent_calls.write, reuse_client.write),
    "tool-misuse": (tolerate_argument.write,),
    "truncated-output": (output_cap.write,),
    "unused-tools": (drop_unused_tools.write,),
}

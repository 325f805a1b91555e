"""Why answers ended, in the words of providers: a table of data.

OpenAI https://platform.openai.com/docs/api-reference/chat/object, Anthropic
https://docs.claude.com/en/api/handling-stop-reasons, Google https://ai.google.dev/api/generate-content#FinishReason,
Amazon Bedrock https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, Cohere
https://docs.cohere.com/reference/chat, Mistral https://docs.mistral.ai/api, OpenTelemetry's GenAI conventions.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_LIMIT: Final = (
    "length", "max_tokens", "max_output_tokens", "max_completion_tokens", "model_length",
    "model_context_window_exceeded",
)  # fmt: skip

AT_LIMIT: Final = pl.col("finish_reason").str.to_lowercase().str.replace_all("-", "_").is_in(_LIMIT)
"""Whether the answer was cut at a limit; null where nothing says why it ended."""

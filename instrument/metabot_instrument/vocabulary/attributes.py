"""Names of the attributes that a recorded model call carries: OpenTelemetry's where it has one, else ours.

https://github.com/open-telemetry/semantic-conventions-genai. Standard library only.
"""

from __future__ import annotations

import re
from typing import Final

MODEL_CALLS: Final = "metabot_instrument.model_calls"  # the instrumentation scope

# The call
OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
CONVERSATION: Final = "gen_ai.conversation.id"
SERVER: Final = "server.address"
PORT: Final = "server.port"
CODE_FILE: Final = "code.file.path"
CODE_FUNCTION: Final = "code.function.name"
CODE_LINE: Final = "code.line.number"
ERROR_TYPE: Final = "error.type"
HTTP_STATUS: Final = "http.response.status_code"

# The request
REQUEST_MODEL: Final = "gen_ai.request.model"
STREAM: Final = "gen_ai.request.stream"
MAX_TOKENS: Final = "gen_ai.request.max_tokens"
TEMPERATURE: Final = "gen_ai.request.temperature"
TOP_P: Final = "gen_ai.request.top_p"
TOP_K: Final = "gen_ai.request.top_k"
FREQUENCY_PENALTY: Final = "gen_ai.request.frequency_penalty"
PRESENCE_PENALTY: Final = "gen_ai.request.presence_penalty"
SEED: Final = "gen_ai.request.seed"
CHOICES: Final = "gen_ai.request.choice.count"
STOP: Final = "gen_ai.request.stop_sequences"
ENCODINGS: Final = "gen_ai.request.encoding_formats"
DIMENSIONS: Final = "gen_ai.embeddings.dimension.count"
OUTPUT_TYPE: Final = "gen_ai.output.type"
REQUEST_TIER: Final = "openai.request.service_tier"

# The response
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"  # seconds
RESPONSE_TIER: Final = "openai.response.service_tier"
FINGERPRINT: Final = "openai.response.system_fingerprint"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"  # with cached and cache-write tokens
CACHED_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS: Final = "gen_ai.usage.cache_creation.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"  # with reasoning tokens
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"

# Texts: JSON
INSTRUCTIONS: Final = "gen_ai.system_instructions"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"

# What stands for the texts. Several hashes are one string of 16 hexadecimal digits each: OTLP has no unsigned integers.
PROMPT_BLOCKS: Final = "metabot.prompt.block_hashes"  # of vocabulary.blocks, first to last
PROMPT_BLOCK_SIZE: Final = "metabot.prompt.block_size"  # characters
PROMPT_TEXTS: Final = "metabot.prompt.text_hashes"  # of each text of the request, in order
PROMPT_CHARS: Final = "metabot.prompt.chars"
PROMPT_LAST: Final = "metabot.prompt.last_message_hash"  # without white space; absent where it is no plain text
ANSWER: Final = "metabot.answer.hash"
ANSWER_CHARS: Final = "metabot.answer.chars"
TOOLS_CALLED: Final = "metabot.answer.tools"  # names of the tools that the answer asks for, each once
TOOL_CALL_IDS: Final = "metabot.answer.tool_call_ids"
TOOLS_OFFERED: Final = "metabot.tools.names"  # that the request defines, each once
TOOLS_CHARS: Final = "metabot.tools.chars"  # length of each one's definition

# Names under which instrumentations record what people, models and tools say.
_CONTENT: Final = re.compile(
    r"(?i)(^|[._])(inputs?|outputs?|prompts?|completions?|messages?|content|text|query|statement|body|arguments|args"
    r"|results?|response|documents?|instructions|definitions|parameters|payload|value)([._]\d+)*([._]|$)"
)
SECRET: Final = re.compile(r"(?i)api[_-]?key|authorization|passw|secret|credential|cookie|(^|[._-])(token|auth)$")
_TOLD: Final = re.compile(r"metabot\.|gen_ai\.response\.|gen_ai\.output\.type$|http\.response\.|error\.")


def is_content(name: str) -> bool:
    """Whether a text under this name is what somebody said; those that only describe are not."""
    return _CONTENT.search(name) is not None and _TOLD.match(name) is None

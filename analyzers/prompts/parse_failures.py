"""How programs say that a model's answer could not be read: a table of data.

Types are those of LangChain https://python.langchain.com/docs/troubleshooting/errors/OUTPUT_PARSING_FAILURE, smolagents
https://huggingface.co/docs/smolagents/reference/agents, LlamaIndex, Instructor https://python.useinstructor.com,
Pydantic AI https://ai.pydantic.dev/api/exceptions, DSPy https://dspy.ai, BAML https://docs.boundaryml.com, Guardrails
and mini-swe-agent https://mini-swe-agent.com.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_TYPES: Final = (
    "outputparserexception", "outputparsererror", "outputparsingerror", "agentparsingerror",
    "incompleteoutputexception", "instructorretryexception", "toolretryerror", "unexpectedmodelbehavior",
    "adapterparseerror", "formaterror",
    "bamlvalidationerror", "llmoutputparsingerror", "structuredoutputvalidationerror", "noobjectgeneratederror",
    "typevalidationerror", "invalidtoolargumentserror", "functioncallvalidationerror", "modelbehaviorerror",
)  # fmt: skip
"""Last parts of type names, in lower case."""

_WORDS: Final = (
    r"code parsing failed|error in code parsing|could not parse (llm|model|the (llm|model|output|answer))|"
    r"output.{0,10}pars(er|ing).{0,10}(error|exception|fail)|failed to parse (llm|model|the (llm|model|output|answer))|"
    r"no object generated|invalid json (output|response)|response (is|was) not valid json"
)
_HEAD: Final = 400  # characters of a message


def says_unreadable(error_type: str, message: str) -> pl.Expr:
    """Whether the type or the beginning of the message says so. Takes the names of two columns."""
    kind = pl.col(error_type).str.split(".").list.last().str.to_lowercase()
    words = pl.col(message).str.slice(0, _HEAD).str.to_lowercase().str.contains(_WORDS)
    return kind.is_in(_TYPES).fill_null(value=False) | words.fill_null(value=False)

"""What tools and the frameworks around them say of a call that does not fit: a table of data, read by `tool_misuse`.

Types and words are those that these pages and programs state:
Python's TypeError, https://docs.python.org/3/library/exceptions.html#TypeError, and its JSONDecodeError,
Pydantic https://docs.pydantic.dev/latest/errors/validation_errors, jsonschema
https://python-jsonschema.readthedocs.io/en/stable/errors, Zod https://zod.dev/error-customization, Ajv
https://ajv.js.org/api.html#validation-errors, JSON-RPC and MCP (-32601, -32602) https://www.jsonrpc.org/specification,
LangChain https://python.langchain.com/docs/how_to/tools_error, OpenAI Agents
https://openai.github.io/openai-agents-python/tools, Inspect https://inspect.aisi.org.uk/tools.html,
Claude Code's file tools https://docs.claude.com/en/docs/agents-and-tools/tool-use/text-editor-tool.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

_LONGEST: Final = 1000  # characters of a message that are looked at

_TYPES: Final = "(string|number|integer|int|float|boolean|bool|array|list|object|dict)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One way in which a call does not fit. Either is enough."""

    name: str
    types: str = ""  # last parts of type names, letters only, in lower case
    words: str = ""  # a regular expression over the message in lower case


# The first that fits is the reason.
REFUSALS: Final = (
    Refusal(
        name="unknown tool",
        types="toolnotfound toolnotfounderror unknowntoolerror nosuchtoolerror methodnotfound",
        words=r"unknown (tool|function)\b|no such (tool|function)\b"
        r"|(tool|function) \S{1,80} (was )?not (found|available)"
        r"|(tool|function) \S{1,80} (does not|doesn't) exist|is not a valid tool|no tool (named|called)|-32601",
    ),
    Refusal(
        name="invalid JSON",
        types="jsondecodeerror jsonparseerror parsing invalidjson",
        words=r"jsondecodeerror|invalid json|not valid json|malformed json|unterminated string|expecting value: line"
        r"|expecting property name enclosed|unexpected (token|end of json)|(parse|decode|parsing) (tool |function )?"
        r"(call )?(arguments|input|json)",
    ),
    Refusal(
        name="missing argument",
        words=r"missing \d+ required|missing (a )?(required|mandatory)|is a required (property|argument|parameter)"
        r"|field required|required (property|parameter|argument|field)|must have required property"
        r"|missing (argument|parameter|field|property)"
        r"|(parameter|argument|field|property) \S{1,80} is (required|missing)"
        r"|\brequired\b.{0,40}\breceived undefined",
    ),
    Refusal(
        name="unknown argument",
        words=r"unexpected keyword argument|additional propert(y|ies)|extra (inputs|fields) (are )?not permitted"
        r"|unexpected (argument|parameter|property|field)|unrecognized (argument|parameter|key|field)"
        r"|(unknown|unsupported) (argument|parameter|property|field)|positional arguments? but \d+ (was|were) given",
    ),
    Refusal(
        name="wrong type of argument",
        types="inputvalidationerror toolinputvalidationerror validationerror zoderror schemaerror invalidparams",
        words=r"inputvalidationerror|validation errors? for|input should be|is not of type|invalid_type"
        r"|is not one of \[|expected (an? )?" + _TYPES + r"\b.{0,40}(got|received|but)"
        r"|must be (an? |of type )?" + _TYPES + r"\b"
        r"|invalid (arguments?|params|parameters?|input) (for|to|in) |invalid params|-32602|does not match the schema",
    ),
    Refusal(
        name="file not read before",
        words=r"(file )?has not been read yet|(must|need to|should) (first )?read (the|this) file|read it (first|again)"
        r" before|file has been (modified|changed) since",
    ),
    Refusal(
        name="text to replace not there",
        words=r"(string|text) to replace not found|(string|text|content) to (replace|find) (was )?not found"
        r"|no replacement was performed|found \d+ matches of the string|old_(string|str)\b.{0,80}"
        r"(not found|did not appear|multiple|identical|same)|old_string and new_string are exactly the same"
        r"|multiple occurrences of old_str",
    ),
)

# A search that finds nothing has done its work.
_NOTHING: Final = (
    r"\bno (\S+ ){0,3}(results?|match(es)?|hits?|documents?|records?|entries|files?|rows?|items?|data|answers?)"
    r"( were| was)? (found|available|returned|matched)|\bno (results|matches|hits)\b"
    r"|nothing (was )?found|\bfound no(thing)?\b|\b0 (results|matches|hits)\b|did not match any|returned no "
)
# A person said no to the call.
_DECLINED: Final = (
    r"\b(user|human|operator|person|reviewer) (has )?"
    r"(rejected|declined|denied|cancell?ed|refused|interrupted|disapproved)"
    r"|\b(rejected|declined|denied|cancell?ed|refused|interrupted|disapproved) by (the |a )?"
    r"(user|human|operator|person|reviewer)|user doesn't want|user does not want|user did not approve|user chose not to"
)
# What was looked for is not there: an answer as well, unless it is nearly always so.
_ABSENT: Final = (
    r"not found|no such (file|directory|key)|(does|do|did) not exist|doesn't exist|cannot find|could not find"
)


def refusal(error_type: pl.Expr, message: pl.Expr) -> pl.Expr:
    """Why a failed call does not fit its tool, or null."""
    kind = error_type.str.split(".").list.last().str.replace_all(r"[^A-Za-z]", "").str.to_lowercase()
    words = _words(message)
    return pl.coalesce(
        pl.when(
            kind.is_in(one.types.split()).fill_null(value=False)
            | (words.str.contains(one.words) if one.words else pl.lit(value=False))
        ).then(pl.lit(one.name))
        for one in REFUSALS
    )


def declined(message: pl.Expr) -> pl.Expr:
    """Whether a person, not the tool, said no."""
    return _words(message).str.contains(_DECLINED)


def found_nothing(message: pl.Expr) -> pl.Expr:
    return _words(message).str.contains(_NOTHING)


def absent(message: pl.Expr) -> pl.Expr:
    return _words(message).str.contains(_ABSENT)


def _words(message: pl.Expr) -> pl.Expr:
    return message.fill_null("").str.slice(0, _LONGEST).str.to_lowercase()

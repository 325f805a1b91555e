"""Messages with which programs tell a model that its answer could not be read.

A table of the words that agent frameworks and libraries of structured output send back, each with where they come
from. A message speaks of form where one of them stands near its beginning: what stands further down may be quoted.
"""

from __future__ import annotations

import re
from typing import Final

_HEAD: Final = 400  # characters
_LONGEST: Final = 6_000  # characters of a message that is looked at; a whole conversation in one text is none

_SUBJECT: Final = r"(?:your|the)(?: previous| last)? (?:output|response|answer|reply|message)"
_WORDS: Final = (
    r"error in (?:your )?code parsing|code parsing failed on line",  # smolagents
    r"your code snippet is invalid",  # smolagents
    _SUBJECT
    + r" (?:was|is|could|did) not (?:be )?(?:pars|correctly format|format|valid|follow the (?:required )?format)",
    r"(?:exactly one|found (?:0|zero|\d+)) (?:bash )?(?:actions?|code blocks?|commands?) in triple",  # mini-swe-agent
    r"please always provide exactly one action",  # mini-swe-agent
    r"\A\W*(?:error\W+)?format error",  # mini-swe-agent
    r"no tool calls? (?:was |were )?found in (?:the|your) response",  # mini-swe-agent, SWE-agent
    r"\A\W*(?:observation\W+)?invalid (?:or incomplete response|format\b)",  # LangChain's agents
    r"could not parse (?:llm|your|the (?:llm|model|output|answer|response))",  # LangChain
    r"\A\W*invalid json\b",
    r"validation errors? found",  # Instructor
    r"recall the function correctly, fix the errors",  # Instructor
    r"\A\W*validation feedback",  # Pydantic AI
    r"plain text responses are not permitted",  # Pydantic AI
    r"fix the errors and try again",  # Pydantic AI
)
_COMPLAINT: Final = re.compile("|".join(_WORDS), re.IGNORECASE)


def asks_for_form(message: str) -> bool:
    return len(message) <= _LONGEST and _COMPLAINT.search(message, 0, _HEAD) is not None

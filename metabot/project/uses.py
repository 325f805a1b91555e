"""Where a project calls models and where it is instrumented: by its imports, and by the addresses in plain HTTP.

Python is read from the syntax tree; JavaScript and TypeScript by the lines that import.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from metabot.place.parsing import parsed
from metabot.project.tree import Tree

Kind = Literal["model", "instrumentation"]

_Libraries = dict[Kind, frozenset[str]]

_PYTHON: Final[_Libraries] = {
    "model": frozenset(
        (
            "openai", "anthropic", "litellm", "langchain", "langchain_core", "langchain_openai", "langchain_anthropic",
            "langchain_community", "langgraph", "llama_index", "google.generativeai", "google.genai", "google.adk",
            "vertexai", "cohere", "mistralai", "groq", "together", "ollama", "vllm", "instructor", "pydantic_ai",
            "crewai", "autogen", "autogen_agentchat", "smolagents", "dspy", "haystack", "semantic_kernel", "strands",
            "claude_agent_sdk", "huggingface_hub.InferenceClient",
        )
    ),
    "instrumentation": frozenset(
        (
            "opentelemetry", "openinference", "langfuse", "logfire", "phoenix", "traceloop", "langsmith", "mlflow",
            "monocle_apptrace", "agentops", "braintrust", "ddtrace", "weave", "openlit",
        )
    ),
}  # fmt: skip
_SCRIPT: Final[_Libraries] = {
    "model": frozenset(
        (
            "openai", "@anthropic-ai/sdk", "@anthropic-ai/claude-agent-sdk", "ai", "@ai-sdk", "langchain", "@langchain",
            "@google/generative-ai", "@google/genai", "llamaindex", "cohere-ai", "@mistralai/mistralai", "groq-sdk",
            "ollama", "@aws-sdk/client-bedrock-runtime", "@openai/agents",
        )
    ),
    "instrumentation": frozenset(
        (
            "@opentelemetry", "@arizeai", "langfuse", "@langfuse", "@traceloop", "langsmith", "dd-trace",
            "@pydantic/logfire-node",
        )
    ),
}  # fmt: skip
_ADDRESS: Final = re.compile(r"(^|/)chat/completions\b|/v1/(messages|responses|completions)\b|/api/(chat|generate)$")
_WORTH_PARSING: Final = re.compile(r"^[ \t]*(?:import|from)[ \t]|completions|/v1/|/api/|bedrock-runtime", re.MULTILINE)
_SCRIPTS: Final = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
_SCRIPT_IMPORT: Final = re.compile(r"""(?:\bfrom|\brequire\(|\bimport(?:\(|\s))\s*["']([^"'\n]{1,200})["']""")
_TEST: Final = re.compile(
    r"(^|/)(tests?|__tests__|fixtures)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$|\.(test|spec)\."
)
_MOST: Final = 4_000  # files that are parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    kind: Kind
    library: str
    path: str
    line: int

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}"


def uses(tree: Tree) -> list[Use]:
    """The first of each library in each file, files in the tree's order; tests are left out."""
    found = []
    files = [path for path in tree.named(".py", *_SCRIPTS) if not _TEST.search(path)]
    for path in files[:_MOST]:
        text = tree.text(path)
        if text is None:
            continue
        pairs = _of_python(text) if path.endswith(".py") else _of_script(text)
        first: dict[tuple[Kind, str], int] = {}
        for kind, library, line in pairs:
            first.setdefault((kind, library), line)
        found += [Use(kind=kind, library=name, path=path, line=line) for (kind, name), line in first.items()]
    return found


def _of_python(text: str) -> Iterator[tuple[Kind, str, int]]:
    module = parsed(text) if _WORTH_PARSING.search(text) else None
    for node in ast.walk(module) if module is not None else ():
        match node:
            case ast.Import(names=names):
                yield from _known([name.name for name in names], _PYTHON, node.lineno)
            case ast.ImportFrom(module=str(origin), level=0, names=names):
                yield from _known([f"{origin}.{name.name}" for name in names], _PYTHON, node.lineno)
            case ast.Constant(value=str(value)) if " " not in value:
                if _ADDRESS.search(value):
                    yield "model", "plain HTTP", node.lineno
                elif value == "bedrock-runtime":
                    yield "model", "bedrock", node.lineno


def _of_script(text: str) -> Iterator[tuple[Kind, str, int]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) < 2_000:  # a longer one is a bundle's
            for found in _SCRIPT_IMPORT.finditer(line):
                yield from _known([found[1]], _SCRIPT, number)
            if _ADDRESS.search(line):
                yield "model", "plain HTTP", number


def _known(names: list[str], known: _Libraries, line: int) -> Iterator[tuple[Kind, str, int]]:
    for name in names:
        for kind, libraries in known.items():
            library = next((one for one in _above(name) if one in libraries), None)
            if library is not None:
                yield kind, library, line


def _above(name: str) -> Iterator[str]:
    """The name and what it lies in: `google.genai.types`, `google.genai`, `google`; `@ai-sdk/openai`, `@ai-sdk`."""
    ends = [found.start() for found in re.finditer(r"[./]", name)]
    yield name
    yield from (name[:end] for end in reversed(ends))

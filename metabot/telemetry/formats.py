"""The formats that are read, by name, and how a file's format is recognised by what it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from importlib import import_module
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from metabot.errors import InputError, SettingsError
from metabot.telemetry import (
    any_agent,
    azure_llm,
    claude_code,
    inspect_log,
    jaeger_json,
    kv_cache,
    langfuse,
    mini_swe_agent,
    mlflow,
    monocle,
    mooncake,
    nezha,
    openai_log,
    openai_shape,
    openhands,
    otel_console,
    otlp_json,
    otlp_proto,
    phoenix,
    prometheus,
    smoltrace,
    strands,
    swe_agent,
    table,
    tau_bench,
    trail,
    vllm_requests,
    who_and_when,
)
from metabot.telemetry.agent_logs import agent_events, event_log, monitor_export, trace_lines
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    read: Reader
    recognises: Callable[[Opening], bool]
    holds: str  # what writes it, in a few words
    follows: str  # address of the public description, or of the program that writes it
    tried_on: str | None  # recordings that others made; None: input made by us alone
    in_zone: Callable[[tzinfo], Reader] | None = None  # of times that may lack a zone: the reader where it is this one


FORMATS: Final[dict[str, Format]] = {
    "otlp-json": Format(
        read=otlp_json.read,
        recognises=otlp_json.recognises,
        holds="OpenTelemetry exports of spans, logs or metrics: the collector's file exporter, single exports, arrays, "
        "answers of Tempo and Jaeger",
        follows="https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding",
        tried_on="agent-prism, agento-otel",
    ),
    "otlp-proto": Format(
        read=otlp_proto.read,
        recognises=otlp_proto.recognises,
        holds="OpenTelemetry exports in protobuf: the collector's file exporter, packed or not, or one export alone",
        follows="https://opentelemetry.io/docs/specs/otlp/#binary-protobuf-encoding",
        tried_on=None,
    ),
    "jaeger-json": Format(
        read=jaeger_json.read,
        recognises=jaeger_json.recognises,
        holds="Jaeger's JSON, as its page and its HTTP interface give it",
        follows="https://www.jaegertracing.io/docs/2.11/architecture/apis/",
        tried_on="agentevals",
    ),
    "mlflow": Format(
        read=mlflow.read,
        recognises=mlflow.recognises,
        holds="MLflow's traces, of versions 2 and 3, with the feedback on them",
        follows="https://github.com/mlflow/mlflow/blob/master/mlflow/entities/span.py",
        tried_on=None,
    ),
    "trace-lines": Format(
        read=trace_lines.read,
        recognises=trace_lines.recognises,
        in_zone=trace_lines.in_zone,
        holds="a span a line, with its agent's layer: metabot-instrument's trace.jsonl and others'",
        follows="docs/agent-logs.md",
        tried_on=None,
    ),
    "agent-events": Format(
        read=agent_events.read,
        recognises=agent_events.recognises,
        in_zone=agent_events.in_zone,
        holds="structured telemetry events of agents: actions with results, metrics and validators' decisions",
        follows="docs/agent-logs.md",
        tried_on=None,
    ),
    "monitor-export": Format(
        read=monitor_export.read,
        recognises=monitor_export.recognises,
        holds="what metabot-instrument's performance monitor exports, and that of an earlier system",
        follows="docs/agent-logs.md",
        tried_on=None,
    ),
    "claude-code": Format(
        read=claude_code.read,
        recognises=claude_code.recognises,
        holds="Claude Code's session files, with those of its sub-agents, and what a run prints",
        follows="https://github.com/anthropics/claude-code",
        tried_on="spotter",
    ),
    "monocle": Format(
        read=monocle.read,
        recognises=monocle.recognises,
        holds="spans of Monocle's exporters",
        follows="https://github.com/monocle2ai/monocle/blob/main/apptrace/src/monocle_apptrace/instrumentation/common/constants.py",
        tried_on="monocle",
    ),
    "any-agent": Format(
        read=any_agent.read,
        recognises=any_agent.recognises,
        holds="an agent's run as any-agent saves it, of whatever framework",
        follows="https://github.com/mozilla-ai/any-agent/blob/main/src/any_agent/tracing/attributes.py",
        tried_on="any-agent",
    ),
    "smoltrace": Format(
        read=smoltrace.read,
        recognises=smoltrace.recognises,
        holds="SMOLTRACE's runs: traces.json with their spans, results.json with their scores",
        follows="https://github.com/Mandark-droid/SMOLTRACE/blob/main/smoltrace/otel.py",
        tried_on="smoltrace",
    ),
    "strands": Format(
        read=strands.read,
        recognises=strands.recognises,
        holds="spans as Strands Evals takes them from any framework's exporter",
        follows="https://github.com/strands-agents/evals/blob/main/src/strands_evals/mappers/utils.py",
        tried_on="strands-evals",
    ),
    "inspect": Format(
        read=inspect_log.read,
        recognises=inspect_log.recognises,
        holds="Inspect's evaluation logs, .eval and .json: samples with their calls, tools and scores",
        follows="https://inspect.aisi.org.uk/eval-logs.html",
        tried_on="inspect-ai, inspect-scout",
    ),
    "tau-bench": Format(
        read=tau_bench.read,
        recognises=tau_bench.recognises,
        holds="tau-bench's results: runs with their messages and rewards",
        follows="https://github.com/sierra-research/tau-bench",
        tried_on="tau-bench",
    ),
    "trail": Format(
        read=trail.read,
        recognises=trail.recognises,
        holds="traces of nested spans as the TRAIL data set holds them, and people's labels of them",
        follows="https://huggingface.co/datasets/PatronusAI/TRAIL",
        tried_on="trail",
    ),
    "langfuse": Format(
        read=langfuse.read,
        recognises=langfuse.recognises,
        holds="Langfuse's exports: traces with observations and scores, or lists of these",
        follows="https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields",
        tried_on="langfuse, agent-prism",
    ),
    "phoenix": Format(
        read=phoenix.read,
        recognises=phoenix.recognises,
        holds="Phoenix's exports: spans of its interface, the frame of spans as CSV, Parquet or JSON, and annotations",
        follows="https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md",
        tried_on=None,
    ),
    "otel-console": Format(
        read=otel_console.read,
        recognises=otel_console.recognises,
        holds="spans, log records and metrics as OpenTelemetry's SDKs print them: Python's to the console, "
        "JavaScript's a line each, as GitHub Copilot's file exporter does",
        follows="https://opentelemetry.io/docs/languages/python/exporters/#console",
        tried_on=None,
    ),
    "who-and-when": Format(
        read=who_and_when.read,
        recognises=who_and_when.recognises,
        holds="Who&When's failed runs of several agents, with who made the decisive mistake",
        follows="https://github.com/ag2ai/Agents_Failure_Attribution",
        tried_on="who-and-when",
    ),
    "swe-agent": Format(
        read=swe_agent.read,
        recognises=swe_agent.recognises,
        holds="SWE-agent's trajectories, of all its versions",
        follows="https://swe-agent.com/latest/usage/trajectories/",
        tried_on="swe-agent",
    ),
    "vllm-requests": Format(
        read=vllm_requests.read,
        recognises=vllm_requests.recognises,
        holds="requests of a vLLM server with the engine's stamps, as LLMServingSim's benchmark writes them",
        follows="https://github.com/casys-kaist/LLMServingSim/blob/main/bench/core/recorder.py",
        tried_on="llmservingsim-vllm",
    ),
    "mooncake": Format(
        read=mooncake.read,
        recognises=mooncake.recognises,
        holds="request traces of Mooncake: arrivals, lengths and the prompts' blocks",
        follows="https://github.com/kvcache-ai/Mooncake/blob/main/FAST25-release/README.md",
        tried_on="mooncake",
    ),
    "kv-cache": Format(
        read=kv_cache.read,
        recognises=kv_cache.recognises,
        holds="coding agents' sessions of kv-cache-tester: times, lengths and the prompts' blocks",
        follows="https://github.com/callanjfox/kv-cache-tester/blob/master/docs/trace_replay_tester.md#trace-format",
        tried_on="kv-cache-tester",
    ),
    "openhands": Format(
        read=openhands.read,
        recognises=openhands.recognises,
        holds="OpenHands' evaluations (output.jsonl) and saved trajectories",
        follows="https://github.com/OpenHands/OpenHands/blob/main/evaluation/utils/shared.py",
        tried_on=None,
    ),
    "mini-swe-agent": Format(
        read=mini_swe_agent.read,
        recognises=mini_swe_agent.recognises,
        holds="mini-SWE-agent's trajectories, of all its versions",
        follows="https://mini-swe-agent.com/latest/usage/output_files/",
        tried_on="mini-swe-agent",
    ),
    "azure-llm": Format(
        read=azure_llm.read,
        recognises=azure_llm.recognises,
        holds="Azure's public traces of LLM inference: arrivals and lengths",
        follows="https://github.com/Azure/AzurePublicDataset/blob/master/AzureLLMInferenceDataset2023.md",
        tried_on="azure-llm-2023",
    ),
    "nezha": Format(
        read=nezha.read,
        recognises=nezha.recognises,
        holds="traces of microservices of the Nezha data set",
        follows="https://github.com/IntelligentDDS/Nezha",
        tried_on="nezha",
    ),
    "event-log": Format(
        read=event_log.read,
        recognises=event_log.recognises,
        in_zone=event_log.in_zone,
        holds="real-time event logs of agents: metabot-instrument's events.jsonl and others'",
        follows="docs/agent-logs.md",
        tried_on=None,
    ),
    "table": Format(
        read=table.read,
        recognises=table.recognises,
        holds="any table whose columns the settings name: CSV, Parquet, JSON rows",
        follows="docs/tables.md",
        tried_on=None,
    ),
    "openai-log": Format(
        read=openai_log.read,
        recognises=openai_shape.recognises,
        holds="requests and responses of OpenAI-compatible servers, as LiteLLM, OpenAI's batches and scripts log them",
        follows="https://platform.openai.com/docs/api-reference/chat/object",
        tried_on="lmcache-agent-trace",
    ),
    "prometheus": Format(
        read=prometheus.read,
        recognises=prometheus.recognises,
        holds="Prometheus' and OpenMetrics' text, as metrics endpoints answer",
        follows="https://prometheus.io/docs/instrumenting/exposition_formats/",
        tried_on=None,
    ),
}
"""In the order in which a file is held against them: what recognises least stands last."""


def reader(name: str, columns: Mapping[str, str] = MappingProxyType({}), time_zone: str = "UTC") -> Reader:
    """The reader of a format, of a table with these columns, or the function that a dotted path names.

    Raises `SettingsError`. `time_zone` is that of times without one, in the formats that have such.
    """
    if name == "table":
        return table.reader(columns)
    if name in FORMATS:
        known = FORMATS[name]
        return known.read if known.in_zone is None else known.in_zone(ZoneInfo(time_zone))
    module, dot, function = name.rpartition(".")
    if not dot:
        raise SettingsError(
            f'format "{name}" is not one that metabot reads.\n'
            f"  Use one of {', '.join(FORMATS)}, auto, or the dotted path of your own reader."
        )
    try:
        found = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as missing:
        raise SettingsError(
            f'format "{name}": there is no such function ({missing}).\n'
            "  Name a function that takes a file's bytes in chunks and yields records, in a module on the import path."
        ) from missing
    return found  # type: ignore[no-any-return]


def recognise(name: str, opening: Opening) -> str:
    """The format of the file `name`; an empty file is in any. Raises `InputError` where it is in none."""
    if opening.is_empty:
        return "otlp-json"
    for taken_for, known in FORMATS.items():
        if known.recognises(opening):
            return taken_for
    raise InputError(
        f"{name}: {_seems(opening)}, which metabot does not read.\n"
        "  Name its format if docs/formats.md has it (--input-format; format of a source), describe its columns\n"
        '  (format = "table"), or give the source the dotted path of a reader of your own.'
    )


def _seems(opening: Opening) -> str:
    for recognised, name in _SEEMS:
        if recognised(opening):
            return f"is {name}"
    if opening.is_json:
        keys = sorted({path.partition(".")[0] if not path.startswith("item.") else path for path in opening.paths})
        return f"is JSON of an unknown shape (keys {', '.join(keys[:8]) or 'none'})"
    named = len(opening.header) > 1 and all(len(name) < _LONGEST_NAME for name in opening.header)
    return f"is CSV with the columns {', '.join(opening.header[:8])}" if named else "is no telemetry"


def _is_evaluation_set(opening: Opening) -> bool:
    """An Agent Development Kit's. https://google.github.io/adk-docs/evaluate/"""
    return opening.has("eval_set_id", "eval_cases")


_LONGEST_NAME: Final = 40  # of a column; prose has commas too


_SEEMS: Final[tuple[tuple[Callable[[Opening], bool], str], ...]] = (
    (
        openai_shape.is_batch_input,
        "a list of requests for OpenAI's batch interface: what is asked, no recording of what happened",
    ),
    (openai_shape.is_training_set, "a list of conversations to train with: no recording of calls"),
    (langfuse.lists_dataset_items, "items of a Langfuse dataset: what is to be asked, no recording of what happened"),
    (langfuse.lists_traces_alone, "Langfuse's traces without what happened in them: export the observations"),
    (claude_code.is_result_alone, "the result of a Claude Code run without its messages: load the session's own file"),
    (claude_code.is_typed, "what was typed into Claude Code, not what came of it: load the sessions' own files"),
    (claude_code.is_terminal, "what a terminal showed of a Claude Code session, not the session's own file (.jsonl)"),
    (any_agent.is_rendering, "the page of an any-agent trace, not the trace (the .json beside it)"),
    (smoltrace.is_summary, "sums over a SMOLTRACE run, not its traces.json and results.json"),
    (vllm_requests.is_description, "how a vLLM benchmark was set up: what was asked and when is in its requests.jsonl"),
    (
        vllm_requests.is_time_series,
        "a vLLM benchmark's load, counted from a start that its requests.jsonl alone tells",
    ),
    (
        vllm_requests.is_server_log,
        "a vLLM server's own log: averages and no requests (a source can be its metrics endpoint)",
    ),
    (nezha.is_labels, "what was broken on purpose and where, beside traces of the Nezha data set"),
    (nezha.is_beside_traces, "logs or metrics beside traces of the Nezha data set, of which the traces are read"),
    (openhands.is_settings, "the settings of an OpenHands evaluation: its runs are in output.jsonl beside it"),
    (swe_agent.is_predictions, "a benchmark's predictions: the patches, and no recording of how they came about"),
    (swe_agent.is_report, "a benchmark's report: how many instances were resolved, and no recording of the runs"),
    (vllm_requests.is_workload, "requests that a benchmark is to send, no recording of what happened"),
    (_is_evaluation_set, "a list of evaluation cases: what is to be asked, no recording of what happened"),
    (table.is_parquet, "a Parquet table, whose columns the settings have to name"),
)

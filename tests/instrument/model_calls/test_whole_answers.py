"""Calls that are answered in one piece, by the openai package against a real server."""

import asyncio
import inspect

import openai as sdk
import pydantic
import pytest
from model_server import serving
from opentelemetry.trace import SpanKind, StatusCode

from tests.instrument.model_calls.answers import ASKED, COMPLETION, EMBEDDED, RESPONSE, TOOL, whole
from tests.instrument.model_calls.recorded import bare, client, only, read_back, recording, told

CHAT = {"model": "gpt-4o", "messages": ASKED, "tools": [TOOL], "temperature": 0.5, "max_tokens": 90, "stop": "END"}
OF_THE_ANSWER = {
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.response.finish_reasons": ("tool_calls",),
    "gen_ai.usage.input_tokens": 300,
    "gen_ai.usage.cache_read.input_tokens": 256,
    "gen_ai.usage.cache_creation.input_tokens": 12,
    "gen_ai.usage.output_tokens": 40,
    "gen_ai.usage.reasoning.output_tokens": 24,
    "openai.response.service_tier": "default",
    "openai.response.system_fingerprint": "fp_1",
}
TEXTS = {
    "gen_ai.input.messages": [
        {"role": "system", "parts": [{"type": "text", "content": "Count beans."}]},
        {"role": "user", "parts": [{"type": "text", "content": "How many?"}]},
    ],
    "gen_ai.output.messages": [
        {
            "role": "assistant",
            "parts": [
                {"type": "text", "content": "Twelve."},
                {"type": "tool_call", "id": "call_1", "name": "tell", "arguments": '{"beans":12}'},
            ],
            "finish_reason": "tool_calls",
        }
    ],
    "gen_ai.tool.definitions": [{"type": "function", **TOOL["function"]}],
}


def test_a_chat_is_recorded_by_the_conventions():
    """Every attribute that the request and the answer tell, and none that they do not."""
    with serving(whole(COMPLETION)) as server, recording():
        answer = client(server.url).chat.completions.create(**CHAT)
        span = only()
    assert (span.name, span.kind, span.status.status_code) == ("chat gpt-4o", SpanKind.CLIENT, StatusCode.UNSET)
    assert told(span) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 90,
        "gen_ai.request.stop_sequences": ("END",),
        "server.address": "127.0.0.1",
        "server.port": int(server.url.split(":")[2].split("/")[0]),
        "code.file.path": __file__,
        "code.function.name": "test_a_chat_is_recorded_by_the_conventions",
        "code.line.number": inspect.currentframe().f_code.co_firstlineno + 3,
        **OF_THE_ANSWER,
        **TEXTS,
    }
    assert answer.to_dict() == COMPLETION


def test_the_bot_reads_the_same_figures():
    """What was recorded comes back out of the reader: counts, reasons, ids and texts."""
    with serving(whole(COMPLETION)) as server, recording():
        client(server.url).chat.completions.create(**CHAT)
        (span,) = read_back()
    call = span.model_call
    assert (span.operation, span.kind, span.status) == ("chat gpt-4o", "model", "unset")
    assert (call.provider, call.model, call.response_id) == ("openai", "gpt-4o-2024-08-06", "chatcmpl-1")
    assert (call.input_tokens, call.cached_tokens, call.cache_write_tokens) == (300, 256, 12)
    assert (call.output_tokens, call.reasoning_tokens, call.finish_reason) == (40, 24, "tool_calls")
    assert (call.tools_offered, call.tools_called, call.tool_call_ids) == (("tell",), ("tell",), ("call_1",))
    assert [call.texts[one] for one in call.request_hashes][1:] == ["Count beans.", "How many?"]


def test_a_response_is_recorded():
    """The Responses interface: instructions, items, and a status for a reason."""
    request = {
        "model": "gpt-4o",
        "instructions": "Be short.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "How many?"}]},
            {"type": "function_call", "call_id": "c0", "name": "tell", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c0", "output": "eleven"},
        ],
        "conversation": "conv_1",
        "max_output_tokens": 50,
        "text": {"format": {"type": "json_object"}},
    }
    with serving(whole(RESPONSE)) as server, recording():
        client(server.url).responses.create(**request)
        found = told()
        (span,) = read_back()
    assert found["gen_ai.system_instructions"] == [{"type": "text", "content": "Be short."}]
    assert [message["role"] for message in found["gen_ai.input.messages"]] == ["user", "assistant", "tool"]
    assert (found["gen_ai.request.max_tokens"], found["gen_ai.output.type"]) == (50, "json")
    assert found["gen_ai.response.finish_reasons"] == ("completed",)
    assert (span.session_id, span.model_call.input_tokens, span.model_call.cached_tokens) == ("conv_1", 300, 256)
    assert list(span.model_call.texts.values()) == [
        "Be short.",
        "How many?",
        "tell",
        "{}",
        "eleven",
        "Count.\nTwelve.\ntell\n{}",
    ]


def test_an_older_completion_is_recorded():
    """A prompt and a text, by the operation of its own; several answers have a reason each."""
    choices = [{"index": at, "text": text, "finish_reason": "stop", "logprobs": None} for at, text in enumerate("ab")]
    with serving(whole({**COMPLETION, "object": "text_completion", "choices": choices})) as server, recording():
        client(server.url).completions.create(model="m", prompt="Count.", n=2, seed=7, top_p=0.25)
        found = told()
        (span,) = read_back()
    assert (found["gen_ai.operation.name"], found["gen_ai.request.choice.count"]) == ("text_completion", 2)
    assert (found["gen_ai.request.seed"], found["gen_ai.request.top_p"]) == (7, 0.25)
    assert found["gen_ai.response.finish_reasons"] == ("stop", "stop")
    assert list(span.model_call.texts.values()) == ["Count.", "a\nb"]


def test_pictures_and_sounds_are_no_text():
    """Of a picture its address is kept where it has one; what is sent inside the message is not."""
    content = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "https://pictures.example/1.png"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]
    with serving(whole(COMPLETION)) as server, recording():
        client(server.url).chat.completions.create(model="m", messages=[{"role": "user", "content": content}])
        (message,) = told()["gen_ai.input.messages"]
    assert message["parts"] == [
        {"type": "text", "content": "What is this?"},
        {"type": "uri", "modality": "image", "uri": "https://pictures.example/1.png"},
        {"type": "image_url"},
    ]


def test_an_embedding_keeps_its_texts_and_vectors_to_itself():
    """Tokens and model are recorded; what is embedded is no conversation."""
    with serving(whole(EMBEDDED)) as server, recording():
        client(server.url).embeddings.create(model="text-embedding-3-small", input=["beans"], dimensions=2)
        found = told()
        (span,) = read_back()
    assert span.kind == "embedding"
    assert (found["gen_ai.usage.input_tokens"], found["gen_ai.embeddings.dimension.count"]) == (7, 2)
    assert not [name for name in found if "messages" in name or "metabot" in name]


class Beans(pydantic.BaseModel):
    count: int


@pytest.mark.parametrize(
    ("content", "reason", "raised"),
    [
        pytest.param('{"count": 12}', "stop", None, id="it can be parsed"),
        pytest.param('{"count": 1', "length", sdk.LengthFinishReasonError, id="it was cut"),
        pytest.param("twelve", "stop", pydantic.ValidationError, id="it is something else"),
    ],
)
def test_a_parsed_answer_costs_what_it_costs(content, reason, raised):
    """Tokens and reason are known though the package raises what it cannot parse."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": reason}
    with serving(whole({**COMPLETION, "choices": [choice]})) as server, recording():
        completions = client(server.url).chat.completions
        if raised is None:
            assert completions.parse(model="gpt-4o", messages=ASKED, response_format=Beans).choices[0].message.parsed
        else:
            with pytest.raises(raised):
                completions.parse(model="gpt-4o", messages=ASKED, response_format=Beans)
        (span,) = read_back()
    assert (span.model_call.output_tokens, span.model_call.finish_reason) == (40, reason)
    assert span.error_type == (raised and raised.__name__)


def test_an_asynchronous_client_is_recorded_as_the_other():
    """The same request by both is the same span but for its times and its port."""
    with serving(whole(COMPLETION)) as server, recording():
        client(server.url).chat.completions.create(**CHAT)
        synchronous = told()

    async def ask(url):
        async with client(url, sdk.AsyncOpenAI) as asynchronous:
            return await asynchronous.chat.completions.create(**CHAT)

    with serving(whole(COMPLETION)) as server, recording():
        answer = asyncio.run(ask(server.url))
        asynchronous = told()
    assert answer.to_dict() == COMPLETION
    assert asynchronous["code.function.name"].endswith(".<locals>.ask")
    differing = ("server.port", "code.function.name", "code.line.number")
    assert asynchronous == {**synchronous, **{name: asynchronous[name] for name in differing}}


def test_a_call_of_a_task_of_its_own_has_no_place():
    """Who made the task is not known; the loop's own frames are no place."""

    async def ask(url):
        async with client(url, sdk.AsyncOpenAI) as asynchronous:
            await asyncio.create_task(asynchronous.chat.completions.create(**CHAT))

    with serving(whole(COMPLETION)) as server, recording():
        asyncio.run(ask(server.url))
        assert not [name for name in told() if name.startswith("code.")]


@pytest.mark.parametrize("capture", ["hashes", "none"])
def test_no_text_is_recorded_unless_it_is_wanted(capture):
    """Nothing of the prompt and of the answer stands in the span; the figures do."""
    with serving(whole(COMPLETION)) as server, recording(capture=capture):
        client(server.url).chat.completions.create(**CHAT)
        span = only()
    written = repr(span.attributes)
    assert not any(word in written for word in ("Count beans", "How many", "Twelve", "12}", "Tells"))
    assert (span.attributes["gen_ai.usage.input_tokens"], span.attributes["metabot.tools.names"]) == (300, ("tell",))
    assert ("metabot.prompt.text_hashes" in span.attributes) == (capture == "hashes")


def test_the_answer_is_the_one_that_the_package_makes():
    """Type and content of what comes back are those of a client that nobody records."""
    with serving(whole(COMPLETION)) as server, recording():
        recorded = client(server.url).chat.completions.create(**CHAT)
        plain = bare(server.url).chat.completions.create(**CHAT)
        assert server.bodies[0] == server.bodies[1]
    assert (type(recorded), recorded) == (type(plain), plain)

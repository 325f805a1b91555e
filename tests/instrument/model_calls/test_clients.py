"""Whose calls are recorded: one client's, its copies', once each; and what it costs where nothing is recorded."""

import copy
import gc
import json
import subprocess
import sys
import threading

import openai as sdk
import pytest
from model_server import serving
from opentelemetry import trace

import metabot_instrument
from metabot_instrument import tracer
from tests.instrument.model_calls.answers import ASKED, COMPLETION, EMBEDDED, whole
from tests.instrument.model_calls.recorded import KEY, bare, client, finished, only, read_back, recording, told

CHAT = {"model": "gpt-4o", "messages": ASKED}


def ask(asked):
    return asked.chat.completions.create(**CHAT)


def test_the_client_itself_comes_back():
    """One line is enough, and everything that holds the client already is recorded with it."""
    with serving(whole(COMPLETION)) as server, recording():
        asked = bare(server.url)
        held = asked.chat.completions
        assert metabot_instrument.openai(asked) is asked
        held.create(**CHAT)
        assert len(finished()) == 1


@pytest.mark.parametrize("copied", ["with_options", "copy"])
def test_a_copy_is_recorded_once(copied):
    """So is a copy of a copy, and the one that it was copied from."""
    with serving(whole(COMPLETION)) as server, recording():
        first = client(server.url)
        second = getattr(first, copied)(timeout=5)
        ask(getattr(second, copied)(timeout=6))
        assert len(finished()) == 1
        ask(first)
        assert len(finished()) == 2
    assert second.timeout == 5


def test_twice_is_once():
    """A client that is recorded already stays as it is."""
    with serving(whole(COMPLETION)) as server, recording():
        ask(metabot_instrument.openai(client(server.url)))
        assert len(finished()) == 1


def test_a_client_can_be_left_alone_again():
    """Afterwards it has its own methods, and records nothing."""
    with serving(whole(COMPLETION)) as server, recording():
        asked = client(server.url)
        metabot_instrument.uninstrument(asked)
        metabot_instrument.uninstrument(asked)
        ask(asked)
        ask(asked.copy())
        assert not finished()
    assert not {"request", "copy", "with_options"} & vars(asked).keys()


@pytest.mark.parametrize("changes", [{"trace": False}, {"trace": True, "trace_sample_rate": 0.0}])
def test_nothing_is_recorded_where_nobody_wants_it(changes):
    """Tracing off, or a trace that is not sampled: the answer is the same."""
    with serving(whole(COMPLETION)) as server, recording(**changes):
        if changes["trace"]:
            with trace.use_span(trace.NonRecordingSpan(_unsampled())):
                assert ask(client(server.url)).id == "chatcmpl-1"
        else:
            assert ask(client(server.url)).id == "chatcmpl-1"
        assert not finished()


def _unsampled():
    return trace.SpanContext(trace_id=1, span_id=2, is_remote=False, trace_flags=trace.TraceFlags(0))


def test_what_does_not_record_does_not_load_opentelemetry():
    """A client that is told of us while tracing is off costs no import."""
    script = (
        "import sys, openai, metabot_instrument\n"
        "client = metabot_instrument.openai(openai.OpenAI(api_key='k', base_url='http://127.0.0.1:9', max_retries=0))\n"
        "try:\n    client.chat.completions.create(model='m', messages=[])\n"
        "except openai.APIConnectionError:\n    pass\n"
        "print(any(name.startswith('opentelemetry') for name in sys.modules), metabot_instrument.failures())\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env={})
    assert run.stdout.strip() == "False {}"


def test_azures_client_is_known_as_azures():
    """Its path names the deployment; the operation and the model are those of the request."""
    with serving(whole(COMPLETION)) as server, recording():
        azure = {"api_version": "2024-10-21", "azure_endpoint": server.url.removesuffix("/v1"), "base_url": None}
        ask(client(server.url, sdk.AzureOpenAI, **azure))
        found = told()
    assert "/deployments/gpt-4o/" in server.asked[0].handler.path
    assert (found["gen_ai.provider.name"], found["gen_ai.request.model"]) == ("azure.ai.openai", "gpt-4o")


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("api.openai.com", "openai"),
        ("eu.api.deepseek.com", "deepseek"),
        ("notdeepseek.com", "openai"),
        ("me.openai.azure.com", "azure.ai.openai"),
    ],
)
def test_the_provider_is_the_one_behind_the_host(host, provider):
    """A host that nobody knows is called by the interface that it speaks."""
    with recording():
        with pytest.raises(sdk.APIConnectionError):
            ask(client(f"https://{host}/v1", http_client=sdk.DefaultHttpxClient(proxy="http://127.0.0.1:9")))
        assert (told()["gen_ai.provider.name"], told()["server.address"]) == (provider, host)


def test_calls_that_are_no_model_calls_are_let_through():
    """A list of models is none; whatever else the client does is as before."""
    with serving(whole({"data": []})) as server, recording():
        client(server.url).moderations.create(input="x")
        assert not finished()


def test_what_is_no_client_comes_back_as_it_was():
    """It is counted, and nothing is raised."""
    before = metabot_instrument.failures().get("model_call", 0)
    thing = object()
    assert metabot_instrument.openai(thing) is thing
    assert metabot_instrument.failures()["model_call"] == before + 1


def test_spans_of_others_are_below_the_call_and_it_below_theirs():
    """An instrumentation of the HTTP client nests with ours, as does the application's own span."""
    seen = []

    def way(answering):
        seen.append(True)
        whole(COMPLETION)(answering)

    class Watching(sdk.DefaultHttpxClient):
        def send(self, *args, **named):
            seen.append(trace.get_current_span().get_span_context().span_id)
            return super().send(*args, **named)

    with serving(way) as server, recording():
        with trace.get_tracer("app").start_as_current_span("mine") as mine:
            ask(client(server.url, http_client=Watching()))
            assert trace.get_current_span() is mine
        span = finished()[0]
    assert span.parent.span_id == mine.get_span_context().span_id
    assert seen[0] == span.context.span_id


def test_many_threads_have_a_span_each():
    """One client in eight threads: forty calls, forty spans, each under its own thread's."""
    with serving(whole(COMPLETION)) as server, recording():
        asked = client(server.url)
        parents = {}

        def work(number):
            for _ in range(5):
                with trace.get_tracer("app").start_as_current_span(f"mine {number}") as mine:
                    asked.chat.completions.create(**CHAT, seed=number)
                parents[mine.get_span_context().span_id] = number

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        calls = [span for span in finished() if span.name == "chat gpt-4o"]
    assert len(calls) == len(parents) == 40
    assert all(parents[span.parent.span_id] == span.attributes["gen_ai.request.seed"] for span in calls)


def test_the_call_is_a_trace_line_too():
    """With its ids, for those who read no OTLP."""
    with serving(whole(EMBEDDED)) as server, recording() as path:
        client(server.url).embeddings.create(model="text-embedding-3-small", input="beans")
        span = only()
        metabot_instrument.configure()  # closes the file
        lines = [json.loads(line) for line in path.read_text().splitlines()]
    (line,) = (one for one in lines if one["operation"] == "embeddings text-embedding-3-small")
    assert line["otel_span_id"] == f"{span.context.span_id:016x}"
    assert line["metadata"]["gen_ai.usage.input_tokens"] == 7


def test_a_call_within_a_step_is_below_it_and_of_its_session():
    """The step's id stands in the call's line; session and task in its span, where the bot reads them."""
    with serving(whole(COMPLETION)) as server, recording() as path:
        with tracer.span("reasoning", "classify", "Router", "how many", session_id="s1", task_id="t1") as step:
            ask(client(server.url))
        (read,) = (one for one in read_back() if one.model_call)
        metabot_instrument.configure()
        lines = {line["operation"]: line for line in map(json.loads, path.read_text().splitlines())}
    assert lines["chat gpt-4o"]["parent_id"] == step.trace_id == lines["classify"]["trace_id"]
    assert (lines["chat gpt-4o"]["session_id"], lines["chat gpt-4o"]["task_id"]) == ("s1", "t1")
    assert read.session_id == "s1"
    assert read.parent_id == lines["classify"]["otel_span_id"]


def test_a_client_that_is_gone_is_collected():
    """Recording holds no client alive."""
    with serving(whole(COMPLETION)) as server, recording():
        asked = client(server.url)
        ask(asked)
        gone = threading.Event()
        asked._gone = _Telling(gone)
        del asked
        gc.collect()
        assert gone.is_set()


class _Telling:
    def __init__(self, gone):
        self.gone = gone

    def __del__(self):
        self.gone.set()


def test_the_key_and_the_headers_stay_unknown():
    """Nothing of them stands in a span or a line, whatever the server answers."""
    with serving(whole({**COMPLETION, "id": "x"})) as server, recording() as path:
        asked = client(server.url, default_headers={"X-Mine": "a-header-of-mine"}, organization="org-of-mine")
        asked.chat.completions.create(**CHAT, extra_headers={"X-Other": "another-header"})
        span = only()
        metabot_instrument.configure()
        written = f"{span.to_json()} {path.read_text()}"
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert not any(word in written for word in (KEY, "header-of-mine", "another-header", "org-of-mine"))


def test_a_copy_of_the_object_asks_for_itself():
    """With its own address and key, as one that nobody records does; and is recorded."""
    with serving(whole(COMPLETION)) as first, serving(whole(COMPLETION)) as second, recording():
        asked = client(first.url)
        other = copy.copy(asked)
        other.base_url, other.api_key = second.url, "another"
        ask(other)
        assert (len(first.bodies), len(second.bodies)) == (0, 1)
        assert len(finished()) == 1


def test_it_still_is_what_it_was():
    """By its type's name and for isinstance."""
    asked = client("http://127.0.0.1:1")
    assert isinstance(asked, sdk.OpenAI)
    assert (type(asked).__name__, type(asked).__module__) == (sdk.OpenAI.__name__, sdk.OpenAI.__module__)

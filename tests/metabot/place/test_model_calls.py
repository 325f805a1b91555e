"""Placing by the one call of a model."""

from __future__ import annotations

import pytest
from searched import searched, shown

from metabot.place.model_calls import by_model_call
from metabot.place.placement import Location
from metabot.place.several import Several
from metabot.place.sources import Sources


def called(sources: Sources, service: str = "desk", model: str | None = None) -> tuple[Location, ...] | Several:
    return by_model_call(sources, service=service, model=model)


def ask(body: str) -> str:
    return f"def ask(client, m):\n    return {body}\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ask("client.chat.completions.create(model=m)"), id="openai"),
        pytest.param(ask("client.with_options(timeout=1).beta.chat.completions.parse()"), id="openai, options"),
        pytest.param(ask("client.responses.create(input=m)"), id="openai, responses"),
        pytest.param(ask("client.messages.create(model='c', messages=m)"), id="anthropic"),
        pytest.param(ask("client.messages.create(**m)"), id="anthropic, a request made elsewhere"),
        pytest.param(ask("client.models.generate_content(contents=m)"), id="google"),
        pytest.param(ask("client.converse(modelId='x', messages=m)"), id="bedrock"),
        pytest.param(ask("litellm.completion('x', m)"), id="litellm"),
        pytest.param(ask("completion(model='x', messages=m)"), id="litellm, imported"),
        pytest.param(ask("httpx.post(f'{m}/chat/completions')"), id="httpx"),
        pytest.param(ask("requests.post(BASE + '/v1/messages', json=m)"), id="requests"),
        pytest.param(
            ask("urlopen(Request(URL, m))") + "\n\nURL = f'{X}/v1/chat/completions'\n", id="urllib, by a name"
        ),
        pytest.param(ask("m.session.post('/api/chat')"), id="ollama"),
    ],
)
def test_finds(text: str) -> None:
    """The function around the only call, whatever library makes it."""
    assert shown(called(searched({"a.py": text, "b.py": "x = 1\n"}))) == ["a.py:1-2 ask"]


def test_finds_the_statement_of_a_script() -> None:
    """Where no function is around it."""
    assert shown(called(searched({"a.py": "x = 1\ny = c.responses.create(\n    input=x,\n)\n"}))) == ["a.py:2-4 None"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ask("client.messages.create(body=m, to='x')"), id="a text message"),
        pytest.param(ask("client.completions.create()"), id="something to complete"),
        pytest.param(ask("httpx.get('/chat/completions/export')"), id="another address"),
        pytest.param(ask("urljoin(m, '/v1/chat/completions')"), id="an address that nothing is sent to"),
        pytest.param("def (client.responses.create()", id="broken syntax"),
    ],
)
def test_finds_nothing_where(text: str) -> None:
    """No model is called here."""
    assert called(searched({"a.py": text})) == ()


ONE = ask("client.chat.completions.create(model='small-1')")
TWO = ask("client.chat.completions.create(model='large-1')")


@pytest.mark.parametrize(
    ("files", "model", "places"),
    [
        pytest.param({"a.py": ONE, "b.py": TWO}, None, ["?", "a.py:ask", "b.py:ask"], id="two"),
        pytest.param({"a.py": ONE, "b.py": TWO}, "large-1", ["b.py:1-2 ask"], id="one names the model"),
        pytest.param({"a.py": ONE, "b.py": ONE}, "small-1", ["?", "a.py:ask", "b.py:ask"], id="both name it"),
        pytest.param({"help_desk/a.py": ONE, "mail/a.py": ONE}, None, ["help_desk/a.py:1-2 ask"], id="service"),
        pytest.param({"a.py": ONE, "evals/judge.py": ONE}, None, ["a.py:1-2 ask"], id="an evaluation's judge"),
        pytest.param({"a.py": ONE, "vendor/x.py": ONE}, None, ["a.py:1-2 ask"], id="a vendored copy"),
    ],
)  # fmt: skip
def test_of_several(files: dict[str, str], model: str | None, places: list[str]) -> None:
    """A name that telemetry gives may single one out; else all are named."""
    assert shown(called(searched(files), service="help-desk", model=model)) == places

"""The shape of answers."""

from __future__ import annotations

from metabot.replay.answer import Answer
from metabot.replay.completion import Completion, completion


def made(answer: Answer, *, identity: str = "i", max_tokens: int | None = None) -> Completion:
    return completion(
        answer, model="m", identity=identity, prompt_tokens=2000, cached_tokens=1920, max_tokens=max_tokens
    )


TEXT = Answer(rule="r", text="one two three four", calls=())
CALLS = Answer(rule="r", text=None, calls=(("a", '{"q": 1}'), ("b", "{}")))


def test_usage_carries_the_cached_tokens() -> None:
    """Where OpenAI reports them."""
    usage = made(TEXT).whole()["usage"]
    assert usage["prompt_tokens_details"]["cached_tokens"] == 1920
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (2000, 4, 2004)


def test_a_text_longer_than_the_limit_is_cut() -> None:
    """And the finish reason says so."""
    choice = made(TEXT, max_tokens=2).whole()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("one two", "length")


def test_tool_calls_have_ids_of_their_own() -> None:
    """Two calls of one answer differ, and so do two answers."""
    first, second = made(CALLS).whole(), made(CALLS, identity="j").whole()
    ids = [call["id"] for whole in (first, second) for call in whole["choices"][0]["message"]["tool_calls"]]
    assert len(set(ids)) == 4
    assert first["id"] != second["id"]
    assert first["choices"][0]["finish_reason"] == "tool_calls"
    assert first["choices"][0]["message"]["content"] is None


def test_the_chunks_add_up_to_the_whole() -> None:
    """Text, tool calls, finish reason, and the usage in the last chunk where it is asked for."""
    both = Answer(rule="r", text="let me look", calls=CALLS.calls)
    chunks = list(made(both).chunks(include_usage=True))
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks[:-1]]
    assert "".join(delta.get("content", "") for delta in deltas) == "let me look"
    assert [call["index"] for delta in deltas for call in delta.get("tool_calls", ())] == [0, 1]
    assert chunks[-2]["choices"][0]["finish_reason"] == "tool_calls"
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == ([], made(both).usage())
    assert all("usage" not in chunk for chunk in made(both).chunks(include_usage=False))

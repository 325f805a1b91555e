"""What was redacted in an answer and stands in the request."""

from __future__ import annotations

import json

import pytest

from metabot.replay.blanks import blanks_of, filled

MAIL = "[redacted: e-mail address]"
RECORDED = f"Order 7\nFrom: {MAIL}\nTo: the shop"


@pytest.mark.parametrize(
    ("request_text", "answer"),
    [
        pytest.param("Order 7\nFrom: ada@bakery.test\nTo: the shop", '{"mail": "ada@bakery.test"}', id="one value"),
        pytest.param("From: ada@x.test\nAgain\nFrom: ada@x.test", '{"mail": "ada@x.test"}', id="one value twice"),
        pytest.param("From: ada@x.test\nFrom: bob@x.test", f'{{"mail": "{MAIL}"}}', id="two values"),
        pytest.param("Sender ada@x.test", f'{{"mail": "{MAIL}"}}', id="other surroundings"),
        pytest.param('From: "a\\b"', '{"mail": "\\"a\\\\b\\""}', id="what JSON has to escape"),
    ],
)
def test_filled_where_the_request_holds_one_value(request_text: str, answer: str) -> None:
    """Two values are none: nothing is guessed."""
    redacted = f'{{"mail": "{MAIL}"}}'
    found = filled(redacted, blanks_of([redacted], [RECORDED]), [request_text], is_json=True)
    assert found == answer
    json.loads(found)


def test_only_what_the_answer_lacks_is_looked_for() -> None:
    """An answer without a blank keeps nothing of its request, and a line that is all blank tells nothing."""
    assert blanks_of(["Hello"], [RECORDED]) == {}
    assert blanks_of([MAIL], ["[redacted: phone number]", MAIL]) == {}

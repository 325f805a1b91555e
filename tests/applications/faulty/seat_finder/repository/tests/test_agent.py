import json
from types import SimpleNamespace

import pytest

from seats.agent import BoxOffice


@pytest.fixture
def office():
    return BoxOffice(client=None)


def call(**arguments):
    function = SimpleNamespace(name="find_seats", arguments=json.dumps(arguments))
    return SimpleNamespace(id="call_1", function=function)


def test_free_seats_are_told(office):
    assert json.loads(office.run_tool(call(event="Faust", area="balcony"))) == {"seats": ["B4"]}


def test_an_unknown_event_has_none(office):
    assert json.loads(office.run_tool(call(event="Carmen", area="stalls"))) == {"seats": []}

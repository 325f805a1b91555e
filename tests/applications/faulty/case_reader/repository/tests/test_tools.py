import json
from types import SimpleNamespace

import pytest

from case_reader import tools


def call(name, **arguments):
    return SimpleNamespace(id="c1", function=SimpleNamespace(name=name, arguments=json.dumps(arguments)))


def test_a_case_begins_with_its_title():
    assert tools.execute(call("read_case", number="13")).startswith("Case 13: noise before seven\n")


def test_a_case_is_cited():
    assert tools.execute(call("cite", number="13")) == "TC 13/2013"


def test_an_unknown_case_is_an_error():
    with pytest.raises(KeyError):
        tools.execute(call("read_case", number="99"))

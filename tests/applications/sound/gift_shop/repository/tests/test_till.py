import pytest
import requests

from shop import till


class Answer(requests.Response):
    def __init__(self, status, body=b"{}"):
        super().__init__()
        self.status_code, self._content = status, body


def test_a_payment_has_a_receipt(monkeypatch):
    monkeypatch.setenv("TILL", "http://till.test")
    monkeypatch.setattr(requests, "post", lambda *_, **__: Answer(200, b'{"receipt": "R5"}'))
    assert till.pay("card", 5) == "R5"


def test_a_busy_till_takes_nothing(monkeypatch):
    monkeypatch.setenv("TILL", "http://till.test")
    monkeypatch.setattr(requests, "post", lambda *_, **__: Answer(503))
    with pytest.raises(requests.HTTPError):
        till.pay("card", 5)

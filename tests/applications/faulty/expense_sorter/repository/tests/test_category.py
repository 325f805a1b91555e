from types import SimpleNamespace

import pytest

from sorter import category, report


class Model:
    def __init__(self, answer):
        self.answer = answer
        self.chat = SimpleNamespace(completions=self)

    def create(self, **_):
        return SimpleNamespace(choices=[SimpleNamespace(message=SimpleNamespace(content=self.answer))])


@pytest.mark.parametrize(("answer", "expected"), [("Travel", "travel"), (" food\n", "food"), ("a hat", "other")])
def test_the_answer_is_one_of_three(monkeypatch, answer, expected):
    monkeypatch.setattr(category, "client", Model(answer))
    assert category.category(f"merchant of {answer}") == expected


def test_sums(monkeypatch):
    monkeypatch.setattr(report, "category", lambda merchant: merchant)
    assert report.totals([("food", 1.5), ("food", 2.0), ("travel", 3.0)]) == {"food": 3.5, "travel": 3.0}

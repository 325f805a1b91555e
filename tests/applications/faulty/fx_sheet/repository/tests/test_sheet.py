import unittest.mock

import sheet


def test_euros_stay_as_they_are():
    assert sheet.in_euros(12.5, "EUR") == (12.5, "")


def test_the_bank_gives_the_rate():
    with unittest.mock.patch.object(sheet, "fetch_rate", return_value=0.5):
        assert sheet.in_euros(10.0, "USD") == (5.0, "")


def test_without_the_bank_yesterdays_rate_is_taken(monkeypatch):
    monkeypatch.setenv("BANK_URL", "http://127.0.0.1:9")
    assert sheet.in_euros(10.0, "USD") == (9.2, "*")

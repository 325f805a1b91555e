"""Numbers that check digits tell from others."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.redact import redact

ACCOUNT = st.tuples(
    st.sampled_from([("NO", 15), ("DE", 22), ("GB", 22), ("FR", 27), ("MT", 31)]),
    st.text(string.digits + string.ascii_uppercase, min_size=27, max_size=27),
).map(lambda drawn: checked(drawn[0][0], drawn[1][: drawn[0][1] - 4]))


def checked(country: str, number: str) -> str:
    """An account's number with its check digits: ISO 13616."""
    digits = "".join(str(int(letter, 36)) for letter in f"{number}{country}00")
    return f"{country}{98 - int(digits) % 97:02}{number}"


def luhn(digits: str) -> str:
    """The digits and the one that makes their Luhn sum a multiple of ten."""
    total = sum(
        sum(divmod(int(digit) * (2 if place % 2 == 0 else 1), 10)) for place, digit in enumerate(reversed(digits))
    )
    return f"{digits}{-total % 10}"


@given(ACCOUNT, st.booleans())
def test_every_account_goes_and_none_with_wrong_check_digits(number: str, grouped: bool) -> None:
    """In one piece and in groups of four, as people write it."""

    def written(account: str) -> str:
        groups = [account[at : at + 4] for at in range(0, len(account), 4)]
        return f"from {' '.join(groups) if grouped else account}."

    wrong = number[:2] + f"{(int(number[2:4]) + 1) % 97:02}" + number[4:]
    assert redact(written(number))[0] == "from [redacted: bank account]."
    assert "bank account" not in redact(written(wrong))[1]


@given(st.sampled_from(["4", "51", "2221", "6011", "3528"]), st.text(string.digits, min_size=14, max_size=14))
def test_every_card_goes_and_none_with_a_wrong_last_digit(first: str, rest: str) -> None:
    """Of the networks whose cards have sixteen digits."""
    number = luhn((first + rest)[:15])
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert redact(f"card {number}!") == ("card [redacted: card number]!", {"card number": 1})
    assert redact(f"card {wrong}!") == (f"card {wrong}!", {})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("+1", id="a sign and a digit"),
        pytest.param("7+12345678901", id="a sum"),
        pytest.param("+1234567890.5", id="a fraction"),
        pytest.param("+123456789012345678", id="more digits than any telephone"),
        pytest.param("v212-555-0123", id="a version"),
        pytest.param("212-555-0123-9", id="a part number"),
        pytest.param("112-555-0123", id="an area code that is none"),
    ],
)
def test_no_telephone(text: str) -> None:
    """Each resembles one."""
    assert redact(text) == (text, {})

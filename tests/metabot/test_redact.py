"""What goes and what stays. No secret here was ever one: they are put together while the test runs."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.redact import SEARCHES, redact

LETTERS = "a8Kd93jfLq02mXzP7vBn4RtYw6Hs1GcE5uTi"
_CONFIG = Path(__file__).with_name("test_config.py").read_text().splitlines()
SOURCE_LINES = [line for line in _CONFIG if line and "@" not in line]  # an address with a password is there, too
HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        pytest.param(
            "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE " + "KEY-----", "private key"
        ),
        pytest.param("-----BEGIN PRIVATE " + "KEY-----\nMIIEow\nabc", "private key", id="a key without its end"),
        pytest.param("MIIEow\nabc=\n-----END PRIVATE " + "KEY-----", "private key", id="a key without its beginning"),
        pytest.param("AKIA" + "ABCDEFGHIJKLMNOP", "AWS key id"),
        pytest.param("ghp_" + LETTERS, "GitHub token"),
        pytest.param("github_pat_" + LETTERS, "GitHub token", id="fine-grained GitHub token"),
        pytest.param("glpat-" + LETTERS[:20], "GitLab token"),
        pytest.param("sk-" + LETTERS, "model key"),
        pytest.param("sk-proj-" + LETTERS, "model key", id="model key of a project"),
        pytest.param("xoxb-" + "123456789012-" + LETTERS[:20], "Slack token"),
        pytest.param("AIza" + LETTERS[:35], "Google key"),
        pytest.param("eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + LETTERS, "JSON web token"),
        pytest.param("ada.lovelace+shop@mail.example.org", "e-mail address"),
        pytest.param("4111 1111 1111 1111", "card number"),
        pytest.param("4111-1111-1111-1111", "card number", id="card number with hyphens"),
        pytest.param("378282246310005", "card number", id="card number of fifteen digits"),
    ],
)
@pytest.mark.parametrize("around", ["{}", "error: {}", '{{"value": "{}"}}', "({})\nnext line"])
def test_takes_out(secret: str, kind: str, around: str) -> None:
    """Each kind, whatever stands around it, once; the rest of the text stays."""
    assert redact(around.format(secret)) == (around.format(f"[redacted: {kind}]"), {kind: 1})


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("https://ada:" + "hunter22@shop.test/x.git", "https://[redacted: credentials]@shop.test/x.git"),
        ("postgresql://:" + "pw@db/shop", "postgresql://[redacted: credentials]@db/shop"),
        ("Authorization: Bearer " + LETTERS, "Authorization: [redacted: authorization]"),
        ("'authorization': 'Basic " + "YWRhOmh1bnRlcg=='", "'authorization': '[redacted: authorization]'"),
        ("curl -H bearer " + LETTERS, "curl -H bearer [redacted: bearer token]"),
        ("DB_PASSWORD=" + "hunter22", "DB_PASSWORD=[redacted: secret]"),
        ('"api_key": "' + LETTERS + '",', '"api_key": "[redacted: secret]",'),
        ("session-token=" + LETTERS + "&page=2", "session-token=[redacted: secret]&page=2"),
        ("AWS_SECRET_ACCESS_KEY: " + LETTERS, "AWS_SECRET_ACCESS_KEY: [redacted: secret]"),
    ],
)
def test_takes_out_the_value_and_leaves_its_name(text: str, redacted: str) -> None:
    """What the secret was for remains to be read."""
    found, removed = redact(text)
    assert (found, removed.total()) == (redacted, 1)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"commit {HEX}", id="commit id"),
        pytest.param(f"sha256:{HEX}{HEX[:24]}", id="digest"),
        pytest.param("123e4567-e89b-42d3-a456-426614174000", id="UUID"),
        pytest.param("trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7", id="trace id"),
        pytest.param("start_ns=1700000000000000000 end_ms=1700000000000", id="times since 1970"),
        pytest.param("input_tokens=1234567890123 max_tokens: 4096000000000", id="token counts"),
        pytest.param("token: expected_identifier_before_semicolon", id="words after token"),
        pytest.param("password = None; password: str | None", id="code about a password"),
        pytest.param('secret = os.environ["SHOP_SECRET"]', id="where a secret is read"),
        pytest.param("4111 1111 1111 1112", id="no Luhn digit"),
        pytest.param("9111111111111111", id="no card's first digits"),
        pytest.param("git@shop.test:team/repo.git", id="address of git's"),
        pytest.param("@pytest.fixture\ndef shop@v1: numpy@1.26.4", id="decorator and version"),
        pytest.param("https://shop.test:8080/a@b", id="port and path"),
        pytest.param(
            "the task-scheduler-of-nineteen-services, sk-learn-and-other-libraries-of-it", id="words with sk-"
        ),
        pytest.param("the bearer of this message", id="the word bearer"),
        pytest.param("-----BEGIN CERTIFICATE-----", id="public certificate"),
        pytest.param("tokenizer=bert-base-uncased-v2 tokens: 1234567890", id="words that begin with token"),
        pytest.param("token_id: 7f3a9c0b1d2e4f56, secret_name=bakery-prod-key-7", id="ids and names of secrets"),
        pytest.param("token = page2.next_cursor.value; key = hash_of(row7)", id="code that makes a token"),
        pytest.param("x@self.weight, y = a @ b.c", id="multiplication"),
        pytest.param("pip install numpy@1.26.4.post1", id="version behind an at sign"),
        pytest.param("/home/runner/work, /home/ubuntu/x, /Users/Shared/x", id="accounts of machines"),
        pytest.param("GET https://shop.test/home/bread/7 /users/42/orders", id="addresses of pages"),
        pytest.param("10.0.0.7 - 203.0.113.7 version 1.2.3.4", id="addresses of machines"),
        pytest.param(" 7\n+1234567890123\n-1234567890124", id="a change of numbers"),
        pytest.param("2026-11-04T10:00:00+01:00 2026-11-04 10:00:00.123+0100", id="times with zones"),
        pytest.param("DE89370400440532013001", id="wrong check digits of an account"),
        pytest.param("order 212-555-01234, 1212-555-0123, 555-0123", id="numbers like telephones"),
        pytest.param("Authorization: required for all endpoints", id="a word about authorization"),
        pytest.param('x = {\'a\': 1, "key": "value-of-the-first-one"}', id="a key of a dict"),
        pytest.param("risk-adjusted-return-of-2026, desk-7-in-the-second-room-on-the-left", id="words that hold sk-"),
        pytest.param("$PASSWORD1 password=$PW123456 password: {{password1}}", id="where a password will be put"),
    ],
)
def test_leaves(text: str) -> None:
    """Each of these resembles a secret and is none."""
    assert redact(text) == (text, {})


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        pytest.param("tel. +49 30 901820-0", "tel. [redacted: telephone number]", id="telephone"),
        pytest.param("call (212) 555-0123 now", "call [redacted: telephone number] now", id="American telephone"),
        pytest.param('"phone": "+14155552671"', '"phone": "[redacted: telephone number]"', id="telephone in one piece"),
        pytest.param("to GB82 WEST 1234 5698 7654 32, please", "to [redacted: bank account], please", id="IBAN"),
        pytest.param("DE89370400440532013000", "[redacted: bank account]", id="IBAN in one piece"),
        pytest.param("/home/lovelace/bread.py:7", "/home/[redacted: user name]/bread.py:7", id="home"),
        pytest.param("cwd=/Users/ada", "cwd=/Users/[redacted: user name]", id="home alone"),
        pytest.param(r"C:\Users\ada\x", r"C:\Users\[redacted: user name]\x", id="home on Windows"),
        pytest.param(r"C:\\Users\\ada\\x", r"C:\\Users\\[redacted: user name]\\x", id="home on Windows in JSON"),
        pytest.param("~/.x/-home-ada-bread", "~/.x/-home-[redacted: user name]-bread", id="home in a folder's name"),
        pytest.param("client_ip=203.0.113.7;", "client_ip=[redacted: client address];", id="client"),
        pytest.param("X-Forwarded-For: 2001:db8::7", "X-Forwarded-For: [redacted: client address]", id="client, IPv6"),
        pytest.param("pk-lf-" + LETTERS[:12], "[redacted: public key id]", id="public key id"),
        pytest.param("ada%40shop.test", "[redacted: e-mail address]", id="address in an address"),
        pytest.param(r"hello\nada@shop.test", r"hello\n[redacted: e-mail address]", id="behind an escaped line end"),
        pytest.param("<ada@shop.test>", "<[redacted: e-mail address]>", id="address in angles"),
        pytest.param("hf_" + LETTERS, "[redacted: model key]", id="Hugging Face"),
        pytest.param("lsv2_pt_" + LETTERS, "[redacted: model key]", id="LangSmith"),
        pytest.param("SG." + LETTERS[:22] + "." + LETTERS, "[redacted: service token]", id="SendGrid"),
        pytest.param("pypi-AgE" + LETTERS * 2, "[redacted: package registry token]", id="PyPI"),
        pytest.param("x-api-key: " + LETTERS, "x-api-key: [redacted: secret]", id="header of a key"),
        pytest.param(
            r"{\"password\": \"hunter22\"}", r"{\"password\": \"[redacted: secret]\"}", id="JSON inside of JSON"
        ),
        pytest.param("login --password hunter22 x", "login --password [redacted: secret] x", id="option"),
        pytest.param("<password>hunter22</password>", "<password>[redacted: secret]</password>", id="element"),
        pytest.param("?sig=" + LETTERS + "&b=1", "?sig=[redacted: signature]&b=1", id="signed address"),
        pytest.param("AccountKey=" + LETTERS * 6 + "==", "AccountKey=[redacted: secret]", id="a value of 200 letters"),
    ],
)
def test_takes_out_of_what_stands_around_it(text: str, redacted: str) -> None:
    """The kind is told by its form and by what stands beside it; what stands beside it stays."""
    found, removed = redact(text)
    assert (found, removed.total()) == (redacted, 1)


@pytest.mark.parametrize(
    "text",
    [
        "Author: Ada King Lovelace <{}>",
        "Signed-off-by: ada lovelace <{}>",
        "the code of Ada Lovelace <{}> said",
        '"author": "Ada Lovelace <{}>"',
        "committed by Ada de Lovelace <{}>\nin May",
    ],
)
def test_takes_out_the_name_before_an_address(text: str) -> None:
    """Git, mail programs and package files write a person's name and then the address in angles."""
    found, removed = redact(text.format("ada@shop.test"))
    assert "ovelace" not in found
    assert "[redacted: name] <[redacted: e-mail address]>" in found
    assert removed == {"name": 1, "e-mail address": 1}


def test_credentials_go_and_people_stay_where_that_is_asked_for() -> None:
    """`capture = "full"` keeps personal data."""
    text = f"ada@shop.test, +49 30 901820, /home/ada/x, key sk-{LETTERS}"
    kept, removed = redact(text, [search for search in SEARCHES if not search.personal])
    assert kept == "ada@shop.test, +49 30 901820, /home/ada/x, key [redacted: model key]"
    assert removed == {"model key": 1}


def test_counts_every_one() -> None:
    """Two of one kind and one of another are three."""
    text = f"a@shop.test b@shop.test ghp_{LETTERS}"
    assert redact(text)[1] == {"e-mail address": 2, "GitHub token": 1}


@given(st.text(max_size=300))
def test_what_was_redacted_stays_as_it_is(text: str) -> None:
    """A second time finds nothing, so that text may pass several places that redact."""
    once, _ = redact(text)
    assert redact(once) == (once, {})


IDS = st.one_of(
    st.uuids().map(str),
    st.binary(min_size=8, max_size=64).map(bytes.hex),
    st.integers(10**17, 2 * 10**18).map(str),
    st.integers(0, 2**20).map(lambda count: f"input_tokens={count}"),
    st.datetimes().map(lambda time: f"{time.isoformat()}+01:00"),
    st.floats(allow_nan=False).map(repr),
    st.binary(min_size=30, max_size=300).map(lambda image: f"data:image/png;base64,{b64encode(image).decode()}"),
    st.sampled_from(SOURCE_LINES),
)


@given(st.lists(IDS, max_size=20), st.sampled_from([" ", "\n", ", ", '"', "="]))
def test_ids_times_counts_images_and_code_survive(parts: list[str], between: str) -> None:
    """What telemetry is made of stays as it is, in any order."""
    text = between.join(parts)
    assert redact(text) == (text, {})


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "A\n" * 100_000,
        "x@" * 50_000,
        "1 " * 100_000,
        "password=" * 20_000,
        "key=a1" * 30_000,
        "a@b." * 50_000,
        "-----BEGIN PRIVATE " + "KEY-----" * 20_000,
        "DE12 " * 40_000,
        "eyJaaaaaaaa." * 20_000,
        "://a:" * 40_000,
        "4 " * 100_000,
    ],
)
def test_ends_on_long_input(text: str) -> None:
    """No pattern tries the same text again and again; one that did would hang here."""
    assert isinstance(redact(text), tuple)

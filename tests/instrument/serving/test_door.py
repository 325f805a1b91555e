"""Who may ask."""

from __future__ import annotations

import subprocess
import sys
from http import HTTPStatus

import pytest

from metabot_instrument.serving.door import Door

VARIABLE = "METABOT_METRICS_TOKEN"


@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_without_a_token_nobody_may_in(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """Not even one who bears the empty token; the words say what to set."""
    monkeypatch.delenv(VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    for given in ([], ["Bearer "], [f"Bearer {value}"]):
        refusal = Door(VARIABLE).refusal(given)
        assert refusal is not None
        assert refusal.status is HTTPStatus.SERVICE_UNAVAILABLE
        assert VARIABLE in refusal.why


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([], id="none"),
        pytest.param(["Bearer wrong"], id="another"),
        pytest.param(["Bearer pa"], id="its beginning"),
        pytest.param(["Basic pass-ö"], id="another scheme"),
        pytest.param(["pass-ö"], id="no scheme"),
        pytest.param(["Bearer pass-ö".encode().decode("latin-1")] * 2, id="twice"),
    ],
)
def test_another_is_refused(monkeypatch: pytest.MonkeyPatch, given: list[str]) -> None:
    """With 401, whatever its headers are; who bore one hears that it is another."""
    monkeypatch.setenv(VARIABLE, "pass-ö")
    refusal = Door(VARIABLE).refusal(given)
    assert refusal is not None
    assert refusal.status is HTTPStatus.UNAUTHORIZED
    assert "pass" not in refusal.why
    assert ("this is not the token" in refusal.why) == (len(given) == 1 and given[0].startswith("Bearer "))


def test_the_token_lets_in_and_may_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is compared byte by byte, read at each request, and a line's end in the variable is not part of it."""
    door = Door(VARIABLE)
    given = "bearer pass-ö".encode().decode("latin-1")
    monkeypatch.setenv(VARIABLE, "pass-ö\n")
    assert door.refusal([given]) is None
    monkeypatch.setenv(VARIABLE, "another")
    assert door.refusal([given]) is not None


@pytest.mark.parametrize(
    ("origin", "host", "variable", "welcome"),
    [
        pytest.param(None, "desk.example", VARIABLE, True, id="no page"),
        pytest.param("https://desk.example", "desk.example", VARIABLE, True, id="the own page"),
        pytest.param("https://board.example", "desk.example", VARIABLE, True, id="a page that is named"),
        pytest.param("https://evil.example", "desk.example", VARIABLE, False, id="another site"),
        pytest.param("null", "desk.example", VARIABLE, False, id="a page without an origin"),
        pytest.param("http://[", "desk.example", VARIABLE, False, id="no origin at all"),
        pytest.param("http://127.0.0.1:8000", "127.0.0.1:8000", None, True, id="open, by address"),
        pytest.param("http://localhost:8000", "localhost:8000", None, True, id="open, by localhost"),
        pytest.param(
            "http://evil.example:8000", "evil.example:8000", None, False, id="open, by a name that leads here"
        ),
    ],
)
def test_pages_of_other_sites_stay_outside(origin: str | None, host: str, variable: str | None, welcome: bool) -> None:
    """A browser says a page's origin; where no token is demanded, a name that leads here is no proof."""
    assert Door(variable, ("https://board.example",)).welcomes(origin, host) is welcome


@pytest.mark.parametrize("variable", ["", "A=B"])
def test_a_name_that_no_variable_has_is_refused_at_once(variable: str) -> None:
    """It could only close the routes for ever, or open them by a misunderstanding."""
    with pytest.raises(ValueError, match="token_variable"):
        Door(variable)


@pytest.mark.parametrize("origin", ["*", "desk.example", "https://desk.example/", ""])
def test_an_origin_is_written_whole(origin: str) -> None:
    """A pattern or a path would never match."""
    with pytest.raises(ValueError, match=r"https://desk\.example"):
        Door(VARIABLE, (origin,))


def test_without_fastapi_the_words_say_what_to_install() -> None:
    """The import fails, and says so; everything else of the package works without it."""
    program = "import sys; sys.modules['fastapi'] = None; import metabot_instrument.serving"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "pip install 'metabot-instrument[web]'" in done.stderr

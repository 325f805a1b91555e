"""One test's file, as each runner takes it."""

from __future__ import annotations

import shlex

import pytest

from metabot.verify.one_test import for_one

DISCOVER = "python -m unittest discover"


@pytest.mark.parametrize(
    ("command", "alone"),
    [
        ("python -m pytest -q", "python -m pytest -q tests/unit/test_new.py"),
        ("python -m unittest", "python -m unittest tests/unit/test_new.py"),
        (f"{DISCOVER}", f"{DISCOVER} -s tests/unit -p test_new.py -t ."),
        (
            f"{DISCOVER} -v -s tests",
            f"{DISCOVER} -v -s tests/unit -p test_new.py -t tests",
        ),
        (f"{DISCOVER} tests", f"{DISCOVER} -s tests/unit -p test_new.py -t tests"),
        (
            f"{DISCOVER} --start-directory=tests -t .",
            f"{DISCOVER} -s tests/unit -p test_new.py -t .",
        ),
        (
            f"{DISCOVER} -s src",
            f"{DISCOVER} -s tests/unit -p test_new.py -t tests/unit",
        ),
        ("{env}/bin/python manage.py test", "{env}/bin/python manage.py test tests.unit.test_new"),
        ("tox -q", "tox -q -- tests/unit/test_new.py"),
        ("nox -s tests -- -x", "nox -s tests -- -x tests/unit/test_new.py"),
        ("npm test --", "npm test -- tests/unit/test_new.py"),
    ],
)
def test_a_python_test_alone(command: str, alone: str) -> None:
    """What the settings say stays, and the file is added in its runner's form."""
    assert for_one(tuple(shlex.split(command)), "tests/unit/test_new.py") == tuple(shlex.split(alone))


def test_other_languages() -> None:
    """A package for go, a name for cargo."""
    assert for_one(("go", "test", "./..."), "api/new_test.go") == ("go", "test", "./api")
    assert for_one(("cargo", "test"), "tests/new.rs") == ("cargo", "test", "--test", "new")

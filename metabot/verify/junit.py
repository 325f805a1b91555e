"""What a test runner's JUnit XML says: which tests passed, which failed, which were skipped.

The form that pytest, Jest, Surefire, gotestsum and cargo-nextest write: `testcase` elements in `testsuite` elements,
with a `failure`, `error` or `skipped` inside. Everything else in it is ignored. The file comes out of the sandbox, so
anything may stand in it: one that declares a document type (hence entities), is not XML or is too large is no report.
A test that stands there twice counts once, by the worse of the two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

from analyzers.untrusted import Name

MOST_BYTES: Final = 16 * 2**20
_FAILED: Final = ("failure", "error")
_PLAIN: Final = str.maketrans("[]<>#", "{}‹›+")  # what parametrized tests are called by, as a name may print it
_SHORTENED: Final = 108  # characters, where the name does not show the test's whole name


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Tests by how they ended; each stands in one of the three."""

    passed: frozenset[Name]
    failed: frozenset[Name]
    skipped: frozenset[Name]

    @property
    def ran(self) -> frozenset[Name]:
        return self.passed | self.failed


def read(xml: bytes) -> Outcomes | None:
    """The tests that the report tells of; None where it is no report."""
    if len(xml) > MOST_BYTES:
        return None
    seen = _Seen()
    parser = expat.ParserCreate()
    parser.StartElementHandler = seen.start
    parser.EndElementHandler = seen.end
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, LookupError, ValueError, _DocumentTypeError):  # the middle two: encodings
        return None
    return seen.outcomes()


class _DocumentTypeError(Exception):
    """The document declares a type: no runner's report does."""


def _refuse(*_: object) -> None:
    raise _DocumentTypeError


class _Seen:
    """Takes the elements as they come."""

    def __init__(self) -> None:
        self._suites: list[str] = []
        self._test: Name | None = None
        self._worst: dict[Name, int] = {}  # 0 skipped, 1 passed, 2 failed

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "testsuite":
            self._suites.append(attributes.get("name", ""))
        elif tag == "testcase":
            suite = self._suites[-1] if self._suites else ""
            self._test = _name(attributes.get("classname") or suite, attributes.get("name", ""))
            self._how = 1
        elif self._test is not None and tag in (*_FAILED, "skipped"):
            self._how = 2 if tag in _FAILED or self._how == 2 else 0

    def end(self, tag: str) -> None:
        if tag == "testsuite":
            self._suites.pop()
        elif tag == "testcase" and self._test is not None:
            self._worst[self._test] = max(self._how, self._worst.get(self._test, 0))
            self._test = None

    def outcomes(self) -> Outcomes:
        skipped, passed, failed = (
            frozenset(test for test, how in self._worst.items() if how == wanted) for wanted in range(3)
        )
        return Outcomes(passed=passed, failed=failed, skipped=skipped)


def _name(group: str, test: str) -> Name:
    """`tests.test_a::test_b{1}`. A test whose name cannot be printed whole is told apart by a hash of it."""
    whole = f"{group}::{test}"
    plain = whole.translate(_PLAIN)
    name = Name(plain)
    if name == plain:
        return name
    return Name(f"{name[:_SHORTENED]} +{hashlib.sha256(whole.encode(errors='replace')).hexdigest()[:8]}")

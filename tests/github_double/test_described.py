"""What the double says and is asked is what GitHub describes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from github_double import Double, described, extract, github
from github_double.api import ROUTES
from github_double.plain_client import ask


def test_the_double_answers_what_the_slice_describes() -> None:
    """Every route has its description, and nothing is carried that no route needs."""
    sliced = {(method.upper(), path) for path, methods in extract.OPERATIONS.items() for method in methods}
    assert set(ROUTES) == sliced


def test_the_slice_names_its_source_and_licence() -> None:
    """It is somebody else's text, and small."""
    whole = json.loads(gzip.decompress(extract.SLICE.read_bytes()))
    assert extract.VERSION in whole["source"]
    assert "MIT License" in whole["licence"]
    assert extract.SLICE.stat().st_size < 400_000


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        pytest.param(200, {"name": "bug"}, "is a required property", id="a field is missing"),
        pytest.param(200, None, "is not of type", id="no body"),
        pytest.param(302, {}, "never answers 302", id="a status that it never has"),
        pytest.param(404, {"message": 5}, "is not of type", id="an error in another shape"),
    ],
)
def test_an_answer_that_breaks_the_description_is_told(status: int, body: object, told: str) -> None:
    """Against GitHub's schema for just this operation and status."""
    faults = described.faults("GET", "/repos/{owner}/{repo}/labels/{name}", status, body)
    assert any(told in fault for fault in faults)


def test_a_date_is_a_date() -> None:
    """Formats are checked too."""
    answer = described.filled("issue-comment", created_at="yesterday")
    assert described.faults("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}", 200, answer)


def _shows_a_label_without_colour(folder: Path) -> None:
    with github(folder) as double:
        double.labels["bug"] = (None, "")  # type: ignore[assignment]
        assert ask(double, "GET", "labels/bug").status == 200


def test_a_broken_answer_fails_the_test(tmp_path: Path) -> None:
    """Not the request, which a client might survive, but the test at its end."""
    with pytest.raises(AssertionError, match="null is not of type"):
        _shows_a_label_without_colour(tmp_path)


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        pytest.param("GET", "pulls?status=open", None, "no parameter 'status'", id="a parameter"),
        pytest.param("POST", "labels", {"name": "a", "colour": "fff"}, "no field 'colour'", id="a field"),
        pytest.param("POST", "labels", {"color": "fff"}, "required property", id="a missing field"),
        pytest.param("PATCH", "issues/1", {"state": "merged"}, "is not one of", id="a value"),
        pytest.param("GET", "pulls/1/something", None, "nothing that the double knows", id="a path"),
        pytest.param("POST", "/graphql", {"query": "{ viewer { login } }"}, "GraphQL", id="GraphQL"),
    ],
)
def test_what_github_does_not_know_is_told(double: Double, method: str, path: str, body: object, told: str) -> None:
    """GitHub passes over what it does not know: a filter that is misspelt would filter nothing."""
    double.open_issue("metabot-bot", "A dashboard")
    ask(double, method, path, body)
    assert len(double.broken) == 1
    assert told in double.broken.pop()

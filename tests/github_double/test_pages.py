"""Lists: their pages, filters and order."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest

from github_double import Double
from github_double.plain_client import Came, ask


def pages(double: Double, path: str) -> list[Came]:
    """Follows the links to the end."""
    found = [ask(double, "GET", path)]
    while link := re.search(r'<([^>]+)>; rel="next"', found[-1].headers.get("link", "")):
        found.append(ask(double, "GET", link[1].removeprefix(double.url)))
    return found


def test_500_old_pull_requests(double: Double) -> None:
    """Newest first, a hundred a page at most, merged and closed ones told apart."""
    double.seed_pulls(500)
    found = pages(double, "pulls?state=all&per_page=1000")
    assert [len(page.body) for page in found] == [100] * 5
    pulls = [pull for page in found for pull in page.body]
    assert [pull["number"] for pull in pulls] == list(range(500, 0, -1))
    assert sum(pull["merged_at"] is not None for pull in pulls) == 250


def test_a_page_links_to_its_neighbours(double: Double) -> None:
    """With the query that it was asked by; thirty to a page where nothing is said."""
    double.seed_pulls(70)
    first = ask(double, "GET", "pulls?state=closed")
    assert len(first.body) == 30
    links = re.findall(
        r'[?&]page=(\d+)[^>]*>; rel="(\w+)"', ask(double, "GET", "pulls?state=all&page=2").headers["link"]
    )
    assert {rel: int(page) for page, rel in links} == {"prev": 1, "next": 3, "last": 3, "first": 1}
    assert 'rel="next"' in first.headers["link"]
    assert "state=closed" in first.headers["link"]
    assert 'rel="prev"' not in first.headers["link"]
    assert "link" not in ask(double, "GET", "pulls?state=all&per_page=100").headers


def test_a_branch_is_asked_for_with_its_owner(double: Double) -> None:
    """Without the owner GitHub passes over the filter and lists everything."""
    for branch in ("a", "b"):
        double.push_as("ben", branch, {f"{branch}.txt": "x\n"})
        double.open_pull("ben", branch)
    assert [one["head"]["ref"] for one in ask(double, "GET", "pulls?head=acme:b").body] == ["b"]
    assert [one["head"]["ref"] for one in ask(double, "GET", "pulls?head=b").body] == ["b", "a"]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [3, 1]),
        ("?state=all", [3, 2, 1]),
        ("?labels=metabot", [1]),
        ("?creator=ben", [3]),
        ("?sort=updated&direction=asc", [3, 1]),
        ("?state=all&sort=comments", [1, 3, 2]),
    ],
)
def test_issues_are_found(double: Double, query: str, numbers: list[int]) -> None:
    """By state, label and author; pull requests are among them."""
    double.open_issue("metabot-bot", "A dashboard", labels=("metabot",))
    double.close(double.open_issue("ben", "Closed").number, by="ben")
    double.push_as("ben", "a", {"a.txt": "a\n"})
    double.open_pull("ben", "a")
    double.advance(timedelta(hours=1))
    double.comment(1, "ben", "a word")
    assert [one["number"] for one in ask(double, "GET", f"issues{query}").body] == numbers


def test_two_at_once_open_one(double: Double) -> None:
    """Of two requests for the same branch one is refused, whatever their order."""
    double.push_as("ben", "a", {"a.txt": "a\n"})
    came: list[int] = []
    body = {"title": "T", "head": "a", "base": "main"}
    threads = [
        threading.Thread(target=lambda: came.append(ask(double, "POST", "pulls", body).status)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == [201, 422, 422, 422]
    assert len(double.pulls) == 1

"""What the shop knows: customers, orders and help articles, as they lie in `data/`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from support_desk.data_files import rows


class Shop:
    """Answers the three look-ups. None: there is no such record."""

    def __init__(self) -> None:
        self._customers = {row["email"]: row for row in rows("customers.jsonl")}
        self._orders = {row["order_id"]: row for row in rows("orders.jsonl")}
        self._articles = list(rows("articles.jsonl"))

    def customer(self, email: str) -> dict[str, Any] | None:
        return self._customers.get(email.lower())

    def order(self, order_id: str) -> dict[str, Any] | None:
        return self._orders.get(order_id.upper())

    def articles(self, query: str) -> dict[str, Any]:
        """The three articles that share most words with the query; a word of the title counts three times."""
        wanted = set(_words(query))
        best = sorted(self._articles, key=lambda article: -_score(article, wanted))[:3]
        return {"query": query, "articles": best}


def _score(article: dict[str, Any], wanted: set[str]) -> int:
    found = Counter(_words(article["body"]))
    found.update(word for word in _words(article["title"]) for _ in range(3))
    return sum(found[word] for word in wanted)


def _words(text: str) -> Iterable[str]:
    return (word for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 3)

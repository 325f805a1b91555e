"""What comes in, what goes out, and the tickets that lie in `data/`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from support_desk.data_files import rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One e-mail to the support desk."""

    id: str
    sender: str  # the name in the From line
    email: str
    subject: str
    body: str

    def text(self) -> str:
        return f"Ticket {self.id}\nFrom: {self.sender} <{self.email}>\nSubject: {self.subject}\n\n{self.body}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a person decided for a ticket."""

    category: str
    priority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """The model's answer, as far as the support team's software reads it."""

    category: str
    priority: str
    summary: str
    reply: str
    needs_human: bool


def triage(answer: str) -> Triage:
    """Reads the model's JSON. ValueError: it is no JSON object, or lacks a field."""
    try:
        fields = json.loads(answer)
        return Triage(
            category=str(fields["category"]),
            priority=str(fields["priority"]),
            summary=str(fields["summary"]),
            reply=str(fields["reply"]),
            needs_human=bool(fields["needs_human"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"the model's answer lacks {error}: {answer[:200]}") from error


def tickets(limit: int) -> list[Ticket]:
    """The first `limit` tickets of the queue."""
    return [_ticket(row) for row in rows("tickets.jsonl")][:limit]


def labelled() -> list[tuple[Ticket, Label]]:
    """The tickets that people labelled, for the evaluation."""
    return [
        (_ticket(row), Label(category=row["category"], priority=row["priority"])) for row in rows("evaluation.jsonl")
    ]


def _ticket(row: dict[str, Any]) -> Ticket:
    return Ticket(id=row["id"], sender=row["sender"], email=row["email"], subject=row["subject"], body=row["body"])

"""Scores the triage against the labelled tickets: `python -m support_desk.evaluate`.

A ticket counts if its category and priority are the labelled ones and the reply greets the customer by name; one that
failed does not. One line a ticket to stderr; the last line of stdout is `{"score": 0.8, "cases": 20}`.
"""

from __future__ import annotations

import json
import sys

import requests
from openai import OpenAI, OpenAIError

from support_desk import lookups, telemetry
from support_desk.agent import handle
from support_desk.tickets import Label, Ticket, Triage, labelled


def main() -> int:
    cases = labelled()
    with telemetry.recording("evaluation"), lookups.reachable():
        client = OpenAI()
        right = sum(_right(client, ticket, label) for ticket, label in cases)
    print(json.dumps({"score": right / len(cases), "cases": len(cases)}))
    return 0


def _right(client: OpenAI, ticket: Ticket, label: Label) -> bool:
    try:
        wrong = faults(handle(ticket, client), ticket, label)
    except (requests.RequestException, OpenAIError, ValueError) as error:
        wrong = [f"failed: {error}"]
    print(f"{ticket.id}  {'; '.join(wrong) or 'right'}", file=sys.stderr)
    return not wrong


def faults(answer: Triage, ticket: Ticket, label: Label) -> list[str]:
    """What is wrong with the answer, in words; nothing if it is right."""
    wrong = []
    if answer.category != label.category:
        wrong.append(f"category {answer.category} instead of {label.category}")
    if answer.priority != label.priority:
        wrong.append(f"priority {answer.priority} instead of {label.priority}")
    if ticket.sender not in answer.reply.split("\n", 1)[0]:
        wrong.append(f"the greeting does not name {ticket.sender}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())

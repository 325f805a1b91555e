"""Works through the queue: `python -m support_desk.run`. One line a ticket to stderr, the totals to stdout."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import requests
from openai import OpenAI, OpenAIError

from support_desk import lookups, telemetry
from support_desk.agent import handle
from support_desk.tickets import Ticket, tickets


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m support_desk.run", description=__doc__)
    parser.add_argument("--tickets", type=int, default=60, help="how many of the queue")
    parser.add_argument("--workers", type=int, default=4, help="tickets at a time")
    options = parser.parse_args()
    started = time.monotonic()
    environment = os.environ.get("SUPPORT_DESK_ENVIRONMENT", "production")
    with telemetry.recording(environment), lookups.reachable(), ThreadPoolExecutor(options.workers) as pool:
        outcomes = Counter(pool.map(partial(_work, OpenAI()), tickets(options.tickets)))
    seconds = time.monotonic() - started
    print(f"{outcomes.total()} tickets in {seconds:.1f} s: {outcomes[True]} answered, {outcomes[False]} failed")
    return 0


def _work(client: OpenAI, ticket: Ticket) -> bool:
    """Whether the ticket was answered. One that failed does not end the run."""
    try:
        answer = handle(ticket, client)
    except (requests.RequestException, OpenAIError, ValueError) as error:
        print(f"{ticket.id}  failed: {error}", file=sys.stderr)
        return False
    print(f"{ticket.id}  {answer.category}, {answer.priority}", file=sys.stderr)
    return True


if __name__ == "__main__":
    sys.exit(main())

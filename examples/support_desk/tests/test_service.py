"""The look-up service's delays and refusals."""

from itertools import pairwise

import requests
from scripted import serving
from support_desk.service import REFUSED_SHARE, LookupService, Weather


def test_refusals_are_seeded_and_never_come_twice_in_a_row() -> None:
    """The same seed, the same refusals; nearly the stated share of them."""
    first, second = Weather(4), Weather(4)
    drawn = [first.refuses() for _ in range(2000)]
    assert drawn == [second.refuses() for _ in range(2000)]
    assert not any(one and next_one for one, next_one in pairwise(drawn))
    assert 0.8 * REFUSED_SHARE < sum(drawn) / len(drawn) < REFUSED_SHARE


def test_a_refusal_says_when_to_come_back() -> None:
    """429 with Retry-After; the same search is answered the next time."""
    service = LookupService(0, 4)
    with serving(service):
        refused, answered = (
            requests.get(f"{service.url}/articles", params={"query": "returns"}, timeout=5) for _ in range(2)
        )
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert answered.status_code == 200


def test_a_path_that_it_does_not_know_is_a_bad_request() -> None:
    """So is a parameter that is missing."""
    service = LookupService(0, 6)
    with serving(service):
        answers = [requests.get(service.url + path, timeout=5).status_code for path in ("/stock", "/orders")]
    assert answers == [400, 400]

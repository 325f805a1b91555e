import asyncio

import httpx2

from hall.bookings import answered
from hall.office import Office


def test_the_journal_has_the_order():
    async def work():
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answered), base_url="http://o.test") as client:
            office = Office(client)
            await office.hold("2027-01-11", 21)
            await office.charge("2027-01-11", 21)
            return office.journal

    assert asyncio.run(work()) == ["hold 2027-01-11", "charge 2027-01-11"]

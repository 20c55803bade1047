"""The desk's house with scripts in it, and Maria in a talk that has one."""

from collections.abc import AsyncIterator

import pytest

from cordboard.demo.scripts import SCRIPTS
from tests.fakes.desk_house import DeskHouse
from tests.fakes.script_table import Table


@pytest.fixture
async def house(house: DeskHouse) -> DeskHouse:
    await house.scripts.add_missing(SCRIPTS)
    await house.dialer.add_campaign("Заказы", "orders", {})
    return house


@pytest.fixture
async def table(house: DeskHouse) -> AsyncIterator[Table]:
    maria = await house.at_work()
    order = await house.order()
    contact = await house.call_in()
    await house.desk.talk_began("call-1", maria.id)
    async with house.page(maria) as page:
        yield Table(house, maria, page, order, contact)

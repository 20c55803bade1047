"""The second half of today's ten crashes (drawn.py); in two files, for two workers."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from .crashes import Crash
from .drawn import TEN, survive
from .faultlab import FaultLab
from .furnished import fault_lab

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FaultLab]:
    async with fault_lab(tmp_path_factory.mktemp("second")) as one:
        yield one


@pytest.mark.parametrize("crash", TEN[5:], ids=str)
async def test_the_house_survives(lab: FaultLab, crash: Crash) -> None:
    await survive(lab, crash)

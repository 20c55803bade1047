"""Operators without a page: their telephones are SIPp's, their word reaches the engine by its API."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import httpx2

from tests.fakes.house import House, Login


@asynccontextmanager
async def signed_in(house: House, who: Login) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=house.endpoints.web, timeout=30.0, verify=False) as client:
        answer = await client.post("/sign-in", data={"login": who.login, "password": who.password})
        assert answer.status_code == 303, answer.text
        yield client


class DeskPhones:
    """Operators `phone0`, `phone1`, ... whose telephones are `sip:a0@`, `sip:a1@`, ... at one address."""

    def __init__(self, house: House, address: str) -> None:
        self._house, self._address = house, address
        self._logins: list[Login] = []
        self.ids: list[str] = []

    async def hire(self, queues: Collection[str]) -> int:
        """One more operator, who serves these queues. Returns which he is."""
        index = len(self.ids)
        async with signed_in(self._house, self._house.login("admin")) as boss:
            body = {"login": f"phone{index}", "name": f"Phone {index}", "role": "operator"}
            answer = await boss.post("/api/v1/users", json={**body, "device_uri": f"sip:a{index}@{self._address}"})
            assert answer.is_success, answer.text
            told = answer.json()
            self.ids.append(told["id"])
            self._logins.append(Login("operator", body["login"], told["password"]))
            seat = await boss.put(f"/api/v1/queue-setup/seats/{self.ids[index]}", json={"queues": sorted(queues)})
            assert seat.is_success, seat.text
        return index

    async def add_queue(self, code: str) -> None:
        async with signed_in(self._house, self._house.login("admin")) as boss:
            body = {"name_ru": code, "name_en": code}
            answer = await boss.put(f"/api/v1/queue-setup/queues/{code}", json=body)
            assert answer.is_success, answer.text

    async def says(self, index: int, state: str) -> None:
        """ready, paused, logged_out"""
        async with signed_in(self._house, self._logins[index]) as client:
            answer = await client.post("/api/v1/desk/state", json={"state": state})
            assert answer.is_success, answer.text

"""The desk in every phase, in both languages: nothing of the one shows through the other."""

import re
from html import unescape
from pathlib import Path

import pytest

from cordboard.access.user import Language, User
from cordboard.shop.order import OrderEdit, OrderStatus
from cordboard.shop.posting import OrderPosted, PostedCustomer, PostedItem
from cordboard.storage.database import Database
from tests.fakes.desk_house import ANNA, DeskHouse
from tests.fakes.wire import MovedClock

CYRILLIC = re.compile("[А-Яа-яЁё]+")
LATIN = re.compile("[A-Za-z]{3,}")
NAMES = {
    "Enter",
    "Shift",
    "Cordboard",
    "Alt",
    "Ctrl",
    "Maria",
    "Falcon",
    "Anna",
    "Brown",
    "Leeds",
    "example",
    "org",
    "anna",
    "Vera",
    "Stone",
}
TYPED = {"en": "High Street 5, Monday, ring the bell", "ru": "Тверская 5, понедельник, звонить"}


def shown(page: str) -> str:
    """What a reader sees or hears of a page: its texts, labels, hints and field values."""
    body = re.sub(r"<(script|head|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    spoken = re.findall(r'(?:aria-label|placeholder|title|data-title)="([^"]*)"', body)
    return unescape(" ".join([re.sub(r"<[^>]*>", " ", body), *spoken]))


async def furnish(house: DeskHouse, language: Language) -> User:
    """One operator, one customer and one order, all named in that language."""
    user = await house.operator("Maria Falcon" if language == "en" else "Мария Соколова", "maria", language)
    name, city = ("Anna Brown", "Leeds") if language == "en" else ("Анна Иванова", "Казань")
    address, slot, comment = TYPED[language].split(", ")
    customer = PostedCustomer(name, ANNA, "", city, language=language, time_zone="Europe/Moscow")
    items = (PostedItem("LE-27W", 2),)
    order, _ = await house.shop.put_order(
        OrderPosted("x1", customer, items, address, slot, "card_on_delivery", comment, number="77")
    )
    await house.shop.edit_order(order.id, OrderEdit(status=OrderStatus.TO_CONFIRM, payment="paid"), user.id, 1)
    await house.shop.add_note(order.customer_id, TYPED[language], user.id)
    return user


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_every_phase(sqlite_database: Database, tmp_path: Path, language: Language) -> None:
    house = DeskHouse(sqlite_database, MovedClock(), tmp_path)
    await house.open()
    user = await furnish(house, language)
    pages: dict[str, str] = {}

    async with await house.client(user) as browser:

        async def look(phase: str) -> None:
            pages[phase] = (await browser.get("/desk")).text
            assert f'data-phase="{phase}"' in pages[phase]

        await look("logged_out")
        await house.seat(user)
        await look("ready")
        await house.call_in("first")
        await look("ringing")
        await house.desk.talk_began("first", user.id)
        await look("talking")
        await house.desk.hold_changed("first", held=True)
        await look("held")
        await house.desk.talk_ended("first")
        await look("wrap_up")
        await house.desk.dispose(user.id, house.desk.contacts()[0].id, "consulted", TYPED[language])
        await house.desk.pause(user.id, "lunch")
        await look("paused")
        await house.desk.ready(user.id)
        contact = await house.call_in("second", "+79995550011")
        await house.desk.decline(user.id, contact.id)
        await look("not_responding")
        assert 'class="missed"' in pages["not_responding"]
        await house.desk.customer_left("second", "cause_16")
        await house.desk.ready(user.id)
        visitor, said = ("Vera Stone", "High") if language == "en" else ("Вера", "Здравствуйте")
        chat = await house.chat_in(said, "v" * 43, visitor)

        async def look_at_chat(phase: str) -> None:
            pages[f"chat {phase}"] = (await browser.get(f"/desk?contact={chat.id}")).text
            assert f'data-phase="{phase}" data-contact="{chat.id}"' in pages[f"chat {phase}"]

        await look_at_chat("ringing")
        await house.desk.accept(user.id, chat.id)
        await house.call_in("third")
        await look_at_chat("talking")
        await house.desk.hang_up(user.id, chat.id)
        await look_at_chat("wrap_up")
        pages["sign-in"] = (await (await house.client()).get(f"/sign-in?lang={language}")).text
        pages["error"] = (
            await browser.get("/nowhere", headers={"Accept": "text/html", "Accept-Language": language})
        ).text

    for phase, page in pages.items():
        text = shown(page).replace("Лампа и дом", "")  # the shop's own name
        if language == "en":
            assert not CYRILLIC.findall(text), phase
        else:
            assert not set(LATIN.findall(text)) - NAMES, phase

"""Leads from orders, from promises and from lost talks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cordboard.dialer.lead import LeadState
from cordboard.queue.channel import ChannelKind
from cordboard.queue.contact import Contact
from cordboard.shop.order import ASKS_FOR_CALL, OrderStatus
from tests.fakes.dial_house import DialHouse, an_order, phone


async def test_an_order_told_again_is_the_same_lead_with_its_new_sum(house: DialHouse) -> None:
    await house.open()
    order = await house.order(1, 1_000)
    first = await house.lead_of(order)
    await house.order(1, 7_000)
    assert len(await house.store.leads_of_order(order.id)) == 1
    lead = await house.lead_of(order)
    assert (lead.id, lead.order_total, lead.zone) == (first.id, 700_000, "Europe/Moscow")


@pytest.mark.parametrize("status", OrderStatus)
async def test_only_orders_that_ask_for_a_call_become_leads(house: DialHouse, status: OrderStatus) -> None:
    await house.open(knobs={"sources.abandoned_basket_min": 30})
    order = an_order(1, 1_000, house.clock.now(), status)
    await house.dialer.on_order(order, phone(1))
    made = len(await house.store.leads_of_order(order.id))
    assert made == (1 if status in ASKS_FOR_CALL else 0)


@pytest.mark.parametrize("number", [None, "", "100&PJSIP/900@trunk", "74951234567", "+7495${SHELL(id)}", "+0123456789"])
async def test_what_is_no_number_becomes_no_lead(house: DialHouse, number: str | None) -> None:
    await house.open()
    order = an_order(1, 1_000, house.clock.now())
    await house.dialer.on_order(order, number)
    assert await house.store.leads_of_order(order.id) == []


async def test_a_campaign_that_takes_no_orders_gets_none(house: DialHouse) -> None:
    await house.open(knobs={"takes_orders": False})
    order = await house.order(1, 1_000)
    assert await house.store.leads_of_order(order.id) == []


async def test_an_impossible_sum_is_cut_to_what_can_be_counted(house: DialHouse) -> None:
    await house.open()
    assert (await house.lead_of(await house.order(1, 10**15))).order_total == 10**11
    assert (await house.lead_of(await house.order(2, -5))).order_total == 0


async def talk_with_caller(house: DialHouse, order_id: str | None = None) -> Contact:
    await house.caller("in-1", order_id)
    await house.desk.talk_began("in-1", "maria")
    contact = house.desk.contact_by_wire("in-1")
    assert contact is not None
    return contact


async def end_with_promise(house: DialHouse, contact: Contact, minutes: int) -> Contact:
    await house.desk.talk_ended("in-1")
    at = house.clock.now() + timedelta(minutes=minutes)
    await house.desk.dispose("maria", contact.id, "postponed", callback_at=at)
    await house.desk.settle()
    ended = await house.desk.find_contact(contact.id)
    assert ended is not None
    return ended


async def test_a_caller_who_wants_to_be_called_back_becomes_a_lead_of_his_own(house: DialHouse) -> None:
    await house.open("maria")
    ended = await end_with_promise(house, await talk_with_caller(house), minutes=30)
    await house.dialer.on_contact_ended(ended)  # told again
    await house.tick(pass_s=29 * 60)
    assert house.telephones.dialed == []
    await house.tick(pass_s=60)
    assert house.telephones.numbers == ["+74957654321"]
    await house.serve()
    await house.tick(pass_s=3600)
    assert len(house.telephones.dialed) == 1


async def test_his_orders_waiting_lead_is_used_if_there_is_one(house: DialHouse) -> None:
    await house.open("maria")
    await house.desk.pause("maria", "tea")
    order = await house.order(1, 1_000)
    await house.desk.ready("maria")
    contact = await talk_with_caller(house, order.id)
    ended = await end_with_promise(house, contact, minutes=30)
    await house.dialer.on_contact_ended(ended)
    leads = await house.store.leads_of_order(order.id)
    assert [(lead.is_callback, lead.due_at, lead.agent_id) for lead in leads] == [(True, ended.callback_at, "maria")]


async def test_a_caller_whose_talk_we_lost_is_called_back_now_and_once(house: DialHouse) -> None:
    await house.open("maria")
    contact = await talk_with_caller(house)
    await house.desk.reconcile(ChannelKind.VOICE, {}, alive="a new life")
    await house.desk.settle()
    ended = await house.desk.find_contact(contact.id)
    assert ended is not None
    await house.dialer.on_contact_ended(ended)
    await house.tick()
    assert house.telephones.numbers == ["+74957654321"]
    await house.serve()
    await house.tick(pass_s=3600)
    assert len(house.telephones.dialed) == 1


async def test_what_an_inbound_talk_did_to_the_order_only_the_order_tells(house: DialHouse) -> None:
    await house.open("maria")
    await house.desk.pause("maria", "tea")
    order = await house.order(1, 1_000)
    await house.desk.ready("maria")
    contact = await talk_with_caller(house, order.id)
    await house.desk.talk_ended("in-1")
    await house.desk.dispose("maria", contact.id, "consulted")
    await house.desk.settle()
    assert (await house.lead_of(order)).state is LeadState.FRESH
    await house.dialer.on_order(an_order(1, 1_000, order.placed_at, OrderStatus.CONFIRMED), phone(1))
    assert (await house.lead_of(order)).state is LeadState.DONE


async def test_a_caller_without_a_number_cannot_be_called_back(house: DialHouse) -> None:
    campaign = await house.open("maria")
    await house.caller("in-1", address="anonymous")
    await house.desk.talk_began("in-1", "maria")
    contact = house.desk.contact_by_wire("in-1")
    assert contact is not None
    await end_with_promise(house, contact, minutes=1)
    assert await house.store.counts(campaign.id) == []


async def test_an_order_takes_all_the_numbers_of_its_customer(house: DialHouse) -> None:
    await house.open()
    order = an_order(1, 1_000, house.clock.now())
    await house.dialer.on_order(order, phone(1), None, [phone(2), "900", phone(1), "+73432345678"])
    (lead,) = await house.store.leads_of_order(order.id)
    assert (lead.phone, lead.phones) == (phone(1), (phone(1), phone(2), "+73432345678"))
    assert lead.zones == ("Europe/Moscow", "Europe/Moscow", "Asia/Yekaterinburg")


async def test_an_order_brings_what_its_lead_is_ranked_by_and_keeps_it_up_to_date(house: DialHouse) -> None:
    await house.open()
    now = house.clock.now()
    until = now + timedelta(hours=5, microseconds=7)
    order = replace(an_order(1, 1_000, now), promised_at=until, reserved_until=until)
    await house.dialer.on_order(order, phone(1), None, [phone(2)], city="Омск", segment="VIP")
    (lead,) = await house.store.leads_of_order(order.id)
    whole = until.replace(microsecond=0)
    assert (lead.promised_at, lead.reserved_until, lead.segment) == (whole, whole, "vip")
    assert lead.phones == (phone(1), phone(2))
    await house.dialer.on_order(replace(order, promised_at=None), phone(1), segment="opt")
    (lead,) = await house.store.leads_of_order(order.id)
    assert (lead.promised_at, lead.reserved_until, lead.segment) == (None, whole, "opt")

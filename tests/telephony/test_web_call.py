"""Calls from the site over a fake Asterisk that speaks AMI."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.contact import ContactState
from cordboard.queue.setup import QueueRules, QueueSetup
from cordboard.telephony.web_call import Caller, LineDown
from cordboard.telephony.web_call_gate import Limits, TicketFault, TicketRefused, TooMany
from cordboard.telephony.web_call_offer import OfferRefused
from cordboard.telephony.web_call_wire import News
from tests.fakes.asterisk_wire import FakeChannel
from tests.fakes.asterisk_words import Verdict
from tests.fakes.line import KEYS
from tests.fakes.offers import OFFER
from tests.fakes.site_line import PAGE, SiteLine
from tests.fakes.wait import until


@pytest.fixture
async def line() -> AsyncIterator[SiteLine]:
    one = SiteLine(Limits(live=3, live_per_address=2, tries_per_address=5))
    await one.open()
    yield one
    await one.close()


async def state_of(line: SiteLine, channel: FakeChannel) -> ContactState | None:
    contact = line.desk.contact_by_wire(KEYS + channel.uniqueid)
    return contact.state if contact else None


async def test_a_page_becomes_a_leg_that_waits_like_any_caller(line: SiteLine) -> None:
    _taken, channel = await line.call_in("Анна, 100%", "+79161234567", "returns")
    (originate,) = line.asterisk.sent("Originate")
    assert originate.get("Channel") == "UnicastRTP/127.0.0.1:4001/c(ulaw)"
    assert (originate.get("ChannelId"), originate.get("Context")) == (channel.uniqueid, "cc-site")
    assert channel.variables["CC_SITE_NAME"] == "%D0%90%D0%BD%D0%BD%D0%B0%2C%20100%25"
    contact = line.desk.contact_by_wire(KEYS + channel.uniqueid)
    assert contact is not None
    assert (contact.name, contact.address, contact.queue) == ("Анна, 100%", "+79161234567", "returns")
    assert line.media.joined == {channel.uniqueid: 20000}


async def test_a_visitor_without_a_name_is_shown_as_one(line: SiteLine) -> None:
    _taken, channel = await line.call_in("\0\n  ", queue="nowhere")
    contact = line.desk.contact_by_wire(KEYS + channel.uniqueid)
    assert contact is not None
    assert (contact.name, contact.address, contact.queue) == ("Site visitor", "", "orders")


async def test_the_longest_name_fits_the_wire(line: SiteLine) -> None:
    await line.call_in("\N{GRINNING FACE}" * 200)
    assert len(line.asterisk.sent("Originate")) == 1


async def test_the_page_hears_how_it_stands_until_the_agent_hangs_up(line: SiteLine) -> None:
    telling = asyncio.create_task(line.web.run())
    _taken, channel = await line.call_in()
    await until(lambda: line.media.told, "waiting")
    assert line.media.told[0] == (channel.uniqueid, News("waiting", position=1))
    await line.desk.ready("maria")
    await until(lambda: (channel.uniqueid, News("ringing")) in line.media.told, "ringing")
    line.talks(channel)
    await until(lambda: (channel.uniqueid, News("talking")) in line.media.told, "talking")
    line.agent_hangs_up(channel)
    await until(line.media.ends, "ended")
    assert line.media.told[-1] == (channel.uniqueid, News("ended", "over"))
    assert await state_of(line, channel) is ContactState.WRAP_UP
    telling.cancel()
    await asyncio.wait([telling])


@pytest.mark.parametrize("how", ["left", "silent", "no_path"])
async def test_a_page_that_is_gone_takes_its_leg_along(line: SiteLine, how: str) -> None:
    await line.desk.ready("maria")
    _taken, channel = await line.call_in()
    line.talks(channel)
    await line.agent_is(AgentState.BUSY)
    assert line.media.hearing is not None
    line.media.hearing.page_gone(channel.uniqueid, how)
    await line.agent_is(AgentState.WRAP_UP)
    assert channel.uniqueid not in line.asterisk.channels
    assert len(line.asterisk.sent("Hangup")) == 1
    line.media.hearing.page_gone(channel.uniqueid, how)
    assert line.media.ends() == [how]


async def test_a_goodbye_ends_the_call_once(line: SiteLine) -> None:
    taken, channel = await line.call_in()
    await line.web.leave(taken.call)
    await line.web.leave(taken.call)
    await line.web.leave("somebody else")
    await until(lambda: line.desk.contact_by_wire(KEYS + channel.uniqueid) is None, "gone from the queue")
    assert line.media.ends() == ["left"]
    assert len(line.asterisk.sent("Hangup")) == 1


async def test_a_page_that_leaves_while_asterisk_dials_leaves_no_leg_behind(line: SiteLine) -> None:
    line.asterisk.behaviour.originate = lambda _action: None
    taken = await line.offer()
    (leg,) = line.media.open_legs
    line.web.page_up(leg)
    await line.asterisk.until(lambda: leg in line.asterisk.channels)
    line.asterisk.channels.pop(leg)  # not there yet for the Hangup, but on its way
    await line.web.leave(taken.call)
    late = FakeChannel(leg, "UnicastRTP/127.0.0.1:4001-0x1")
    line.asterisk.add_channel(late)
    pairs = [("Response", "Success"), ("Channel", late.name), ("Uniqueid", leg), ("Reason", "4")]
    line.asterisk.emit("OriginateResponse", pairs)
    await line.asterisk.until(lambda: leg not in line.asterisk.channels)


async def test_an_asterisk_that_refuses_is_told_to_the_page(line: SiteLine) -> None:
    line.asterisk.behaviour.originate = lambda _action: Verdict(answered=False, reason=0)
    await line.offer()
    line.web.page_up(line.media.open_legs[0])
    await until(line.media.ends, "ended")
    assert line.media.ends() == ["line_down"]


async def test_a_leg_without_a_page_is_ended_when_the_engine_is_back(line: SiteLine) -> None:
    orphan = FakeChannel("old-1", "UnicastRTP/127.0.0.1:4001-0x1", variables={"CC_CALL": "old-1", "CC_STATE": "hold"})
    line.asterisk.channels["old-1"] = orphan
    _taken, ours = await line.call_in()
    line.asterisk.reset()
    await line.asterisk.until(lambda: line.asterisk.logins == 2)
    await line.asterisk.until(lambda: "old-1" not in line.asterisk.channels)
    assert ours.uniqueid in line.asterisk.channels
    assert line.desk.contact_by_wire(f"{KEYS}old-1") is None


async def test_a_call_that_asterisk_lost_is_told_to_the_page(line: SiteLine) -> None:
    await line.call_in()
    await line.asterisk.restart("2026-11-21 11:11:11")
    await until(line.media.ends, "ended")
    assert line.media.ends() == ["lost"]


async def test_a_ticket_opens_one_call(line: SiteLine) -> None:
    ticket = line.web.ticket(PAGE, "orders", "ru")
    caller = Caller("192.0.2.1")
    await line.web.take(ticket, PAGE, OFFER, caller)
    with pytest.raises(TicketRefused) as used:
        await line.web.take(ticket, PAGE, OFFER, caller)
    assert used.value.fault is TicketFault.USED
    late = line.web.ticket(PAGE, "orders", "ru")
    line.clock.pass_s(60.0)
    with pytest.raises(TicketRefused) as expired:
        await line.web.take(late, PAGE, OFFER, caller)
    assert expired.value.fault is TicketFault.EXPIRED


async def test_rubbish_costs_neither_the_ticket_nor_a_place(line: SiteLine) -> None:
    ticket = line.web.ticket(PAGE, "orders", "ru")
    for rubbish in ("", "v=0", OFFER + OFFER, "x" * 100_000):
        with pytest.raises(OfferRefused):
            await line.web.take(ticket, PAGE, rubbish, Caller("192.0.2.1"))
    await line.web.take(ticket, PAGE, OFFER, Caller("192.0.2.1"))
    assert len(line.media.open_legs) == 1


async def test_too_many_calls_are_refused_and_an_ended_one_makes_room(line: SiteLine) -> None:
    first = await line.offer()
    await line.offer()
    with pytest.raises(TooMany) as mine:
        await line.offer()
    assert mine.value.yours
    await line.offer(address="192.0.2.2")
    with pytest.raises(TooMany) as full:
        await line.offer(address="192.0.2.3")
    assert not full.value.yours
    await line.web.leave(first.call)
    await line.offer(address="192.0.2.3")


async def test_without_asterisk_or_sound_nobody_is_taken_and_no_place_is_lost(line: SiteLine) -> None:
    line.media.down = True
    for _ in range(3):
        with pytest.raises(LineDown):
            await line.offer()
    line.media.down = False
    await line.ami.stop()
    assert not line.web.is_open
    with pytest.raises(LineDown):
        await line.offer()
    assert line.media.open_legs == []


async def test_an_engine_that_stops_tells_every_page(line: SiteLine) -> None:
    await line.call_in()
    await line.offer()
    await line.web.stop()
    assert line.media.ends() == ["stopping", "stopping"]
    assert line.media.stopped
    assert line.asterisk.channels == {}


async def test_a_visitor_who_left_his_number_may_be_called_back_instead(line: SiteLine) -> None:
    await line.desk.apply(QueueSetup(queues={"orders": QueueRules("orders", "Заказы", "Orders", keep_place=True)}))
    telling = asyncio.create_task(line.web.run())
    _nobody, unnumbered = await line.call_in()
    _taken, channel = await line.call_in(number="+79161234567")
    await until(lambda: {leg for leg, _news in line.media.told} == {unnumbered.uniqueid, channel.uniqueid}, "both wait")
    assert {leg: news.can_keep for leg, news in line.media.told} == {unnumbered.uniqueid: False, channel.uniqueid: True}
    line.web.page_wished(channel.uniqueid, "dance")
    line.web.page_wished("nobody", "keep")
    line.web.page_wished(channel.uniqueid, "keep")
    await until(lambda: (channel.uniqueid, News("told", "callback")) in line.media.told, "the place is kept")
    line.asterisk.hang_up(channel)
    await until(lambda: line.media.ends() == ["callback"], "ended")
    kept = [contact for contact in line.desk.contacts() if contact.wire_key.startswith("callback/")]
    assert [contact.address for contact in kept] == ["+79161234567"]
    telling.cancel()
    await asyncio.wait([telling])

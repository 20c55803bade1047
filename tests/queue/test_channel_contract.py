"""The contract of a channel: telephone, call from the site and chat keep the same one (port: queue/channel.py)."""

from collections.abc import AsyncIterator

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import Dismissal
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.setup import OverflowAction, OverflowRule, OverflowWhen, QueueRules, QueueSetup
from cordboard.storage.database import Database
from tests.fakes.contract_wires import ChatWire, ContractWire, PhoneWire, SiteWire
from tests.fakes.wait import until


class TestChannelContract:
    @pytest.fixture(params=["phone", "site", "chat"])
    async def wire(self, request: pytest.FixtureRequest, sqlite_database: Database) -> AsyncIterator[ContractWire]:
        made: dict[str, ContractWire] = {
            "phone": PhoneWire(),
            "site": SiteWire(),
            "chat": ChatWire(sqlite_database),
        }
        one = made[request.param]
        await one.open()
        yield one
        await one.close()

    async def test_an_arrival_waits_and_is_one_however_often_it_is_told(self, wire: ContractWire) -> None:
        contact = await wire.arrive()
        await wire.arrive_again()
        await wire.desk.ready("maria")
        assert [one.id for one in wire.desk.contacts()] == [contact.id]
        assert state_of(wire, contact) is ContactState.OFFERED
        assert maria(wire) is AgentState.RESERVED

    async def test_a_talk_that_the_customer_ends(self, wire: ContractWire) -> None:
        contact = await talking(wire)
        await wire.leave()
        await wrapping(wire, contact)
        await wire.desk.dispose("maria", contact.id, "consulted")
        await wire.desk.settle()
        closed = await wire.desk.find_contact(contact.id)
        assert closed is not None
        assert (closed.state, closed.disposition) == (ContactState.CLOSED, "consulted")
        assert maria(wire) is AgentState.READY

    async def test_a_talk_that_the_agent_ends_is_over_for_the_customer(self, wire: ContractWire) -> None:
        contact = await talking(wire)
        await wire.desk.hang_up("maria", contact.id)
        await wrapping(wire, contact)
        await until(wire.gone, "the customer is told")

    async def test_a_customer_who_leaves_while_he_waits(self, wire: ContractWire) -> None:
        contact = await wire.arrive()
        await wire.leave()
        await ended(wire, contact, ContactState.ABANDONED)

    async def test_a_customer_who_leaves_while_he_is_offered(self, wire: ContractWire) -> None:
        await wire.desk.ready("maria")
        contact = await wire.arrive()
        await offered(wire, contact)
        await wire.leave()
        await ended(wire, contact, ContactState.ABANDONED)
        assert maria(wire) is AgentState.READY

    async def test_an_offer_that_is_declined_comes_back_with_its_age(self, wire: ContractWire) -> None:
        await wire.desk.ready("maria")
        contact = await wire.arrive()
        await offered(wire, contact)
        wire.clock.pass_s(7)
        await wire.desk.decline("maria", contact.id)
        assert state_of(wire, contact) is ContactState.QUEUED
        assert maria(wire) is AgentState.NOT_RESPONDING
        await wire.desk.ready("maria")
        again = wire.desk.contact(contact.id)
        assert again is not None
        assert (again.state, again.tries, again.arrived_at) == (ContactState.OFFERED, 2, contact.arrived_at)
        await wire.answer(contact)
        await until(lambda: state_of(wire, contact) is ContactState.CONNECTED, "they talk")

    async def test_a_customer_who_is_passed_on_waits_with_his_age(self, wire: ContractWire) -> None:
        contact = await talking(wire)
        await wire.desk.pause("maria", "rest")
        await wire.desk.transfer("maria", contact.id, queue="claims")
        waits = wire.desk.contact(contact.id)
        assert waits is not None
        assert (waits.state, waits.queue, waits.arrived_at) == (ContactState.QUEUED, "claims", contact.arrived_at)
        assert not await wire.gone()
        await wire.desk.ready("maria")
        assert state_of(wire, contact) is ContactState.OFFERED

    async def test_a_rule_may_end_the_waiting_and_the_customer_is_told(self, wire: ContractWire) -> None:
        contact = await wire.arrive()
        rule = OverflowRule(OverflowWhen.NO_AGENTS, OverflowAction.MESSAGE)
        queues = {"orders": QueueRules("orders", "", "", overflow=(rule,))}
        await wire.desk.apply(QueueSetup(queues))
        await ended(wire, contact, ContactState.OVERFLOWED)
        await until(wire.gone, "the customer is told")

    async def test_whatever_the_channel_is_told_twice_or_too_late_is_no_harm(self, wire: ContractWire) -> None:
        contact = await talking(wire)
        agent = wire.desk.agent("maria")
        assert agent is not None
        await wire.desk.hang_up("maria", contact.id)
        await wrapping(wire, contact)
        for _ in range(2):
            await wire.channel.hang_up(contact)
            await wire.channel.withdraw(contact, agent)
            await wire.channel.return_to_queue(contact, agent)
            await wire.channel.accepted(contact, agent)
            await wire.channel.offer(contact, agent, auto_answer=False)
            for how in Dismissal:
                await wire.channel.dismiss(contact, how)
        assert state_of(wire, contact) is ContactState.WRAP_UP
        assert maria(wire) is AgentState.WRAP_UP


def maria(wire: ContractWire) -> AgentState:
    agent = wire.desk.agent("maria")
    assert agent is not None
    return agent.state


def state_of(wire: ContractWire, contact: Contact) -> ContactState | None:
    found = wire.desk.contact(contact.id)
    return None if found is None else found.state


async def offered(wire: ContractWire, contact: Contact) -> None:
    await until(lambda: state_of(wire, contact) is ContactState.OFFERED, "offered")


async def talking(wire: ContractWire) -> Contact:
    await wire.desk.ready("maria")
    contact = await wire.arrive()
    await offered(wire, contact)
    await wire.answer(contact)
    await until(lambda: state_of(wire, contact) is ContactState.CONNECTED, "they talk")
    assert maria(wire) is AgentState.BUSY
    return contact


async def wrapping(wire: ContractWire, contact: Contact) -> None:
    await until(lambda: state_of(wire, contact) is ContactState.WRAP_UP, "the talk is over")
    assert maria(wire) is AgentState.WRAP_UP


async def ended(wire: ContractWire, contact: Contact, state: ContactState) -> None:
    await until(lambda: state_of(wire, contact) is None, "the contact has ended")
    found = await wire.desk.find_contact(contact.id)
    assert found is not None
    assert found.state is state

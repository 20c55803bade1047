"""The tree of dispositions: what a queue takes of it, a site's reasons below it, and a wrap-up that waits for one."""

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.contact import ContactState
from cordboard.queue.desk import NotAllowedNow
from cordboard.queue.disposition import DISPOSITIONS, Branch, disposition
from cordboard.queue.disposition_tree import Refusal, label_of, nodes, refusal, tree_of
from cordboard.queue.setup import QueueRules, QueueSetup, Reason
from cordboard.queue.setup_check import check, refusals
from cordboard.queue.setup_edit import Noun
from cordboard.queue.setup_finding import Fault
from tests.fakes.small_desk import RULES, House

DEAR = Reason("too_dear", "Дорого", "Too dear", "cancelled")
LATE = Reason("late", "Долго ждать", "Takes too long", "cancelled")
CLAIMS = QueueRules("claims", "Претензии", "Claims", dispositions=("service", "no_talk"), disposition_required=True)
SETUP = QueueSetup(
    queues={"orders": QueueRules("orders", "Заказы", "Orders"), "claims": CLAIMS},
    reasons={DEAR.code: DEAR, LATE.code: LATE},
)


def chosen(queue: str) -> list[str]:
    return [leaf.code for limb in tree_of(SETUP, queue) for twig in limb.twigs for leaf in twig.leaves]


def test_a_queue_that_names_nothing_takes_the_whole_tree_with_reasons_in_their_place() -> None:
    whole = chosen("orders")
    assert "cancelled" not in whole
    assert whole[whole.index("cancelled.too_dear") + 1] == "cancelled.late"
    assert [limb.branch for limb in tree_of(SETUP, "orders")] == list(Branch)
    assert {disposition(code) for code in whole} == set(DISPOSITIONS)


def test_a_queue_takes_its_branches_and_single_dispositions_alone() -> None:
    assert chosen("claims") == ["consulted", "claim", "no_talk"]


@pytest.mark.parametrize(
    ("queue", "code", "why"),
    [
        ("orders", "confirmed", None),
        ("orders", "cancelled.late", None),
        ("orders", "cancelled", Refusal.NO_REASON),
        ("orders", "cancelled.of_old", Refusal.UNKNOWN),
        ("orders", "confirmed.late", Refusal.UNKNOWN),
        ("orders", "no_disposition", Refusal.UNKNOWN),
        ("orders", "nonsense", Refusal.UNKNOWN),
        ("claims", "claim", None),
        ("claims", "confirmed", Refusal.ELSEWHERE),
        ("claims", "cancelled.late", Refusal.ELSEWHERE),
    ],
)
def test_what_may_be_chosen_where(queue: str, code: str, why: Refusal | None) -> None:
    assert refusal(SETUP, queue, code) is why
    assert (code in chosen(queue)) == (why is None)


def test_a_reason_changes_nothing_of_what_it_means_and_an_old_one_still_reads() -> None:
    assert disposition("cancelled.late") is disposition("cancelled")
    assert label_of(SETUP, "cancelled.late", "en") == "Order cancelled: Takes too long"
    assert label_of(SETUP, "cancelled.of_old", "ru") == "Заказ отменён"
    assert label_of(SETUP, "nonsense", "ru") == ""


def test_no_node_of_the_tree_has_two_meanings() -> None:
    assert len(nodes()) == len(DISPOSITIONS) + len(Branch)


def test_what_is_wrong_is_told_by_its_field() -> None:
    lost = Reason("a" * 39, "Имя", "Name", "nowhere")
    setup = QueueSetup(queues={"orders": QueueRules("orders", "О", "O", dispositions=("trees",))}, reasons={"a": lost})
    found = {(one.noun, one.field, one.fault) for one in refusals(check(setup, {}))}
    assert found == {
        (Noun.QUEUE, "dispositions[0]", Fault.UNKNOWN_DISPOSITION),
        (Noun.REASON, "under", Fault.UNKNOWN_DISPOSITION),
        (Noun.REASON, "code", Fault.PATH_LONG),
    }


async def in_wrap_up() -> tuple[House, str]:
    house = await House().open("maria")
    orders = QueueRules("orders", "Заказы", "Orders", dispositions=("order",), disposition_required=True)
    await house.desk.apply(QueueSetup(queues={"orders": orders}, reasons={DEAR.code: DEAR}))
    contact = await house.call()
    await house.desk.talk_began("n/b/1", "maria")
    await house.desk.talk_ended("n/b/1")
    house.clock.pass_s(RULES.wrap_up_s + 1)
    await house.desk.tick()
    return house, contact.id


async def test_where_one_is_required_the_end_of_the_time_closes_nothing() -> None:
    house, contact_id = await in_wrap_up()
    assert house.agent("maria") is AgentState.WRAP_UP
    for code in ("claim", "cancelled", "nonsense"):
        with pytest.raises(NotAllowedNow):
            await house.desk.dispose("maria", contact_id, code)
    await house.desk.dispose("maria", contact_id, "cancelled.too_dear")
    closed = await house.desk.find_contact(contact_id)
    assert closed is not None
    assert (closed.state, closed.disposition) == (ContactState.CLOSED, "cancelled.too_dear")
    assert house.agent("maria") is AgentState.READY


async def test_nobody_is_waited_for_who_has_gone_home() -> None:
    house, contact_id = await in_wrap_up()
    await house.desk.page_closed("maria", "tab-maria")
    house.clock.pass_s(RULES.page_grace_s)
    await house.desk.tick()
    assert house.desk.contact(contact_id) is not None, "a reload is no going home"
    house.clock.pass_s(RULES.log_out_s)
    await house.desk.tick()
    closed = await house.desk.find_contact(contact_id)
    assert closed is not None
    assert closed.disposition == "no_disposition"

"""A trunk that refuses everybody is in trouble, and its leads keep their attempts; a mix with answers is not trouble."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.lead import LeadState
from cordboard.dialer.pacing import NO_WORD, TROUBLE
from cordboard.dialer.refusals import RUN, SHARE, LastEnd, Row, judge
from cordboard.dialer.trunk import Blocked, Trunk, TrunkState
from cordboard.queue.channel import AttemptOutcome as Out
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
FORBIDDEN = LastEnd(Out.REJECTED, NOW, 21, "403", "", rang=False)
OTHER_WORDS = [
    LastEnd(Out.BUSY, NOW, 17, "486", rang=False),
    LastEnd(Out.NO_ANSWER, NOW, 19, "480", rang=True),
    LastEnd(Out.REJECTED, NOW, 21, "603", rang=True),
    LastEnd(Out.INVALID, NOW, 1, "404", rang=False),
    LastEnd(Out.PERSON, NOW, 16, rang=True),
]
NO_WORDS = [LastEnd(outcome, NOW, rang=False) for outcome in sorted(TROUBLE | NO_WORD)]


def refused(number: str, code: str = "403") -> LastEnd:
    return replace(FORBIDDEN, number=number, tech_cause=code)


def row_of(count: int) -> Row:
    row = Row()
    for number in range(count):
        row = row.after(str(number), refused(f"+{number}"), 0)
    return row


@pytest.mark.parametrize(
    ("end", "is_refusal"),
    [
        (FORBIDDEN, True),
        (replace(FORBIDDEN, rang=True), True),  # a spoken "no money", and then 403
        (replace(FORBIDDEN, tech_cause="603"), True),
        (replace(FORBIDDEN, tech_cause="603", rang=True), False),  # he pressed the red key
        (LastEnd(Out.NO_ANSWER, NOW, 19, "480", rang=False), True),
        (LastEnd(Out.NO_ANSWER, NOW, 18, "408", rang=False), False),
        (LastEnd(Out.NO_ANSWER, NOW, 16, None, rang=False), False),
        *((word, False) for word in (*OTHER_WORDS, *NO_WORDS)),
    ],
)
def test_what_may_be_the_carriers_own_no(end: LastEnd, is_refusal: bool) -> None:
    assert end.is_refusal is is_refusal


def test_a_row_of_different_numbers_makes_the_trunk_suspected_and_gives_the_row_back() -> None:
    row = row_of(RUN - 1)
    assert not row.suspected
    found = judge(row, "last", refused("+99"), 0)
    assert found.outcome is Out.TRUNK_TROUBLE
    assert found.give_back == tuple(str(number) for number in range(RUN - 1))
    later = judge(row_of(RUN), "one more", refused("+100"), 0)
    assert (later.outcome, later.give_back) == (Out.TRUNK_TROUBLE, ())


def test_one_number_that_refuses_again_and_again_is_itself_to_blame() -> None:
    row = Row()
    for attempt in range(3 * RUN):
        assert judge(row, str(attempt), refused("+1"), 0).outcome is Out.REJECTED
        row = row.after(str(attempt), refused("+1"), 0)
    assert not row.suspected
    assert judge(row_of(RUN), "again", refused("+1"), 0).outcome is Out.REJECTED  # and no dead end for the trunk


def test_refusals_are_faster_than_answers() -> None:
    """Of 40 calls that began together 8 are refused at once: the other 32 may still be answered."""
    row = row_of(RUN - 1)
    assert judge(row, "last", refused("+99"), RUN // SHARE + 1).outcome is Out.REJECTED
    assert judge(row, "last", refused("+99"), RUN // SHARE).outcome is Out.TRUNK_TROUBLE


ends = st.lists(
    st.one_of(
        st.integers(0, 12).map(lambda number: refused(f"+{number}")),
        st.sampled_from([*OTHER_WORDS, *NO_WORDS]),
    ),
    max_size=60,
)


@given(ends)
def test_trouble_is_only_said_after_so_many_refusals_in_a_row(many: list[LastEnd]) -> None:
    row, in_row = Row(), list[str]()
    for index, end in enumerate(many):
        found = judge(row, str(index), end, 0)
        in_row = [*in_row, end.number] if end.is_refusal else [] if end in OTHER_WORDS else in_row
        assert (found.outcome is not end.outcome) <= (len(set(in_row)) >= RUN)
        if end.is_refusal and len(set(in_row)) >= RUN and in_row.count(end.number) == 1:
            assert found.outcome is Out.TRUNK_TROUBLE
        row = row.after(str(index), end, 0)


def ended(state: TrunkState, attempt_id: str, end: LastEnd) -> TrunkState:
    return state.heard(attempt_id, end).ended(attempt_id, end)


def test_ends_that_are_told_while_others_are_being_written_are_in_the_row_too() -> None:
    state, told = TrunkState(Trunk("first")), []
    for number in range(RUN):
        told.append(state.judged(str(number), refused(f"+{number}")))
        state = state.heard(str(number), refused(f"+{number}"))
    assert [each.outcome for each in told] == [Out.REJECTED] * (RUN - 1) + [Out.TRUNK_TROUBLE]
    assert len(told[-1].give_back) == RUN - 1


def test_the_brake_is_pulled_further_with_each_feeler_and_an_answer_takes_it_off() -> None:
    state, holds = TrunkState(Trunk("first")), []
    for number in range(RUN + 2):
        state = ended(state.began(str(number), NOW), str(number), refused(f"+{number}"))
        hold = state.hold(NOW)
        holds.append((hold.until - NOW).total_seconds() if hold and hold.until else 0)
    assert holds[RUN - 2 :] == [0, 5, 10, 20]
    again = ended(
        state.began("again", NOW), "again", refused("+0")
    )  # known to refuse: no proof that the trunk is sound
    assert again.hold(NOW) is not None
    sound = state.began("talk", NOW).answered("talk")
    assert sound.hold(NOW) is None
    assert sound.row == Row()


# The whole dialer


@pytest.fixture
def house(database: Database) -> DialHouse:
    return DialHouse(database, trunks=("first", "second"))


async def refuse(house: DialHouse, attempt_id: str) -> None:
    house.telephones.live.discard(attempt_id)
    await house.dialer.on_ended(attempt_id, Out.REJECTED, 21, "403")
    await house.desk.settle()


async def test_leads_of_a_trunk_that_refuses_all_are_not_burnt_and_go_by_the_other(house: DialHouse) -> None:
    await house.open("maria", knobs={"rules.trunk_trouble.delay_s": 1, "rules.rejected.max_attempts": 1})
    many = RUN + 4
    for number in range(1, many + 1):
        await house.order(number, 1_000 * number)
    reached: set[str] = set()
    for _ in range(120):
        await house.tick(1)
        for attempt_id, phone in house.telephones.dialed[-1:]:
            if attempt_id not in house.telephones.live:
                continue
            if house.telephones.trunks[attempt_id] == "first":
                await refuse(house, attempt_id)
            else:
                reached.add(phone)
                await house.hang_up(attempt_id, Out.BUSY)
    assert len(reached) == many  # whoever was refused at first too, though one refusal ends a lead here
    attempts = await house.all_attempts()
    by_first = {one.outcome for one in attempts if one.trunk == "first"}
    assert by_first == {Out.TRUNK_TROUBLE}
    dead, sound = house.dialer.trunks.states()
    assert dead.last is not None
    assert (dead.last.outcome, dead.last.tech_cause) == (Out.REJECTED, "403")  # the page says what the carrier said
    assert dead.brake.troubles > 0
    assert sound.hold(house.clock.now()) is None
    for number in range(1, many + 1):
        (lead,) = await house.store.leads_of_order(f"order-{number}")
        assert (lead.state, lead.attempts, lead.last_outcome) == (LeadState.RETRY_AT, 1, Out.BUSY)


async def test_a_mix_in_which_some_answer_is_no_trouble(house: DialHouse) -> None:
    await house.open("maria")
    many = 3 * RUN
    for number in range(1, many + 1):
        await house.order(number, 1_000 * number)
    for turn in range(many):
        await house.tick(1)
        if turn % RUN == RUN - 1:
            await house.hang_up(house.ringing(), Out.BUSY)
        else:
            await refuse(house, house.ringing())
    first = house.dialer.trunks.states()[0]
    assert (first.hold(house.clock.now()), first.brake.troubles) == (None, 0)
    outcomes = [one.outcome for one in await house.all_attempts()]
    assert outcomes.count(Out.REJECTED) == many - 3
    assert Out.TRUNK_TROUBLE not in outcomes
    assert {one.trunk for one in await house.all_attempts()} == {"first"}
    assert Blocked.TROUBLE not in {hold.why for hold in house.dialer.trunks.holds()}

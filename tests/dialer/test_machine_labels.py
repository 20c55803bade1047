"""What people say of screened calls: kept, counted, and taken into the bound on abandonment."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cordboard.dialer.abandonment import Cap
from cordboard.dialer.campaign import Campaign
from cordboard.dialer.machine_estimate import Share
from cordboard.dialer.machine_labels import Answerer, MachineEstimate, ScreenedCall, with_estimate
from cordboard.queue.channel import AttemptOutcome
from tests.fakes.dial_house import DialHouse
from tests.fakes.dial_modes import counts, power

PERSON, MACHINE, UNCLEAR = Answerer


def screened(house: DialHouse, campaign: Campaign, number: int, heard: str = "machine", **more: object) -> ScreenedCall:
    at = house.clock.now() + timedelta(seconds=number)
    call = ScreenedCall(f"call-{number}", campaign.id, at, heard, 0.98, 3.4, "voice", "balanced")
    return replace(call, **more)  # type: ignore[arg-type]


async def drawn(house: DialHouse, campaign: Campaign, *said: Answerer | None) -> None:
    """So many verdicts "machine" of the sample, and what listeners say of each."""
    for number, each in enumerate(said):
        call = screened(house, campaign, number, drawn=True, sound=f"screened/call-{number}.flac")
        await house.store.machines.add(call)
        if each is not None:
            await house.store.machines.told_by_listener(call.attempt_id, "olga", each)


async def test_listeners_give_the_share_of_persons_and_what_is_unclear_counts_for_neither(house: DialHouse) -> None:
    campaign = await power(house, "maria")
    await drawn(house, campaign, PERSON, MACHINE, MACHINE, UNCLEAR, None, MACHINE)
    estimate = (await house.store.machines.estimates())[campaign.id]
    assert (estimate.false, estimate.waiting) == (Share(1, 4), 1)


async def test_only_the_random_sample_tells_of_false_machines(house: DialHouse) -> None:
    """What was not drawn, and verdicts that were no machine's, would make of a share whatever one listens to."""
    campaign, machines = await power(house, "maria"), house.store.machines
    for number, call in enumerate((screened(house, campaign, 1), screened(house, campaign, 2, "person"))):
        await machines.add(call)
        await machines.told_by_listener(call.attempt_id, "olga", PERSON)
        await machines.told_by_agent(call.attempt_id, "maria", PERSON if number else MACHINE, None)
    assert (await machines.estimates(campaign.id))[campaign.id] == MachineEstimate(Share(0, 0), 0, Share(1, 2))


async def test_the_last_word_stands_and_the_unheard_come_first(house: DialHouse) -> None:
    campaign, machines = await power(house, "maria"), house.store.machines
    await drawn(house, campaign, PERSON, None, None)
    await machines.told_by_listener("call-0", "olga", MACHINE)
    assert [(each.attempt_id, each.by_listener) for each in await machines.sample(10)] == [
        ("call-1", None),
        ("call-2", None),
        ("call-0", MACHINE),
    ]
    assert [each.attempt_id for each in await machines.sample(1, campaign.id)] == ["call-1"]
    assert await machines.sample(5, "another") == []


async def test_what_was_heard_later_overturns_and_what_was_said_stays(house: DialHouse) -> None:
    campaign, machines = await power(house, "maria"), house.store.machines
    await machines.add(screened(house, campaign, 1, "person"))
    await machines.told_by_agent("call-1", "maria", MACHINE, "screened/call-1.flac")
    await machines.add(screened(house, campaign, 1, "machine", sound="screened/call-1.flac"))
    call = await machines.call("call-1")
    assert call is not None
    assert (call.heard, call.by_agent, call.agent_id, call.label) == ("machine", MACHINE, "maria", MACHINE)
    assert [each.attempt_id for each in await machines.labelled(campaign.id)] == ["call-1"]
    assert await machines.call("nobody") is None


async def test_old_sounds_are_forgotten_and_the_words_on_them_are_not(house: DialHouse) -> None:
    campaign, machines = await power(house, "maria"), house.store.machines
    await drawn(house, campaign, PERSON, MACHINE, None)
    before = house.clock.now() + timedelta(seconds=2)
    assert await machines.forget_sounds(before, 10) == ["screened/call-0.flac", "screened/call-1.flac"]
    assert await machines.forget_sounds(before, 10) == []
    estimate = (await machines.estimates())[campaign.id]
    assert (estimate.false, estimate.waiting) == (Share(1, 2), 1)


@pytest.mark.parametrize(
    ("by_hand", "false", "counts"),
    [(0.01, Share(0, 0), 0.01), (0.01, Share(0, 50), 0.01), (0.01, Share(2, 50), 0.04), (0.1, Share(2, 50), 0.1)],
)
def test_the_greater_of_what_was_set_and_what_was_heard_counts(by_hand: float, false: Share, counts: float) -> None:
    cap = Cap(false_machine=by_hand)
    assert with_estimate(cap, MachineEstimate(false)).false_machine == counts
    assert with_estimate(cap, None) is cap


async def test_each_false_machine_that_is_heard_takes_its_share_of_the_room(house: DialHouse) -> None:
    campaign = await power(house, "maria", served=1000)
    await house.answered_by(50, campaign, AttemptOutcome.MACHINE)
    cap = house.dialer.cap
    await cap.load()
    campaigns = [campaign]
    free = cap.room(campaign, campaigns)
    await drawn(house, campaign, *([PERSON] * 5 + [MACHINE] * 15))
    await cap.heard_anew(campaign.id)
    standing = cap.standing(campaign, campaigns)
    assert standing is not None
    assert standing.cap.false_machine == 0.25
    assert standing.rate == pytest.approx(0.25 * 50 / (1000 + 0.25 * 50))
    assert cap.room(campaign, campaigns) < free
    assert cap.as_kept(campaign).cap.false_machine == 0.25
    assert cap.estimate(campaign.id).false == Share(5, 20)


async def test_a_machine_that_was_brought_to_an_operator_is_no_person_who_was_served(house: DialHouse) -> None:
    campaign = await power(house, "maria", served=10)
    served = next(each for each in await house.all_attempts() if each.outcome is AttemptOutcome.PERSON)
    machines, cap = house.store.machines, house.dialer.cap
    await machines.add(screened(house, campaign, 1, "not_sure", attempt_id=served.id))
    await cap.load()

    async def says(who: Answerer) -> list[int]:
        """How many persons count, now and after a restart."""
        await machines.told_by_agent(served.id, "maria", who, None)
        await house.dialer.cap.told_by_agent(served.id, who)
        now = counts(house, campaign).answered
        await house.restart()
        await house.dialer.cap.load()
        return [now, counts(house, campaign).answered]

    assert await says(MACHINE) == [10, 9]  # counted from the table, and corrected there
    assert await says(PERSON) == [9, 10]
    house.dialer.cap.decided(served)  # by this engine: corrected at once
    for who, many in ((MACHINE, 10), (PERSON, 11), (PERSON, 11)):
        await house.dialer.cap.told_by_agent(served.id, who)
        assert counts(house, campaign).answered == many


async def test_who_was_abandoned_stays_so_whatever_is_said_of_him(house: DialHouse) -> None:
    campaign = await power(house, "maria", served=10)
    await house.answered_by(1, campaign, AttemptOutcome.ABANDONED)
    lost = next(each for each in await house.all_attempts() if each.outcome is AttemptOutcome.ABANDONED)
    await house.store.machines.add(screened(house, campaign, 1, "not_sure", attempt_id=lost.id))
    await house.store.machines.told_by_agent(lost.id, "maria", MACHINE, None)
    await house.restart()
    await house.dialer.cap.load()
    house.dialer.cap.decided(lost)
    await house.dialer.cap.told_by_agent(lost.id, MACHINE)
    assert (counts(house, campaign).answered, counts(house, campaign).abandoned) == (12, 2)

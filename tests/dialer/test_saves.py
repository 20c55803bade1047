"""A save is taken back as one, or not at all when one of its knobs was turned again. On SQLite and PostgreSQL."""

import pytest

from cordboard.dialer.campaign import CampaignRefused, Setting, settings
from cordboard.dialer.saves import Overruled, saves
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse

FIVE: dict[str, Setting] = {
    "limits.lead_day": 2,
    "limits.gap_s": 600,
    "hours.sat": "closed",
    "rules.busy.delay_s": 900,
    "weights.segment.vip": 4.0,
}


@pytest.fixture
def house(database: Database) -> DialHouse:
    return DialHouse(database)


async def test_five_knobs_that_were_saved_at_once_are_taken_back_at_once(house: DialHouse) -> None:
    campaign = await house.open()
    before = settings(campaign)
    await house.dialer.set_knobs(campaign.id, FIVE, "oleg")
    await house.dialer.pause(campaign.id, "irina")
    changes = await house.dialer.changes(campaign.id)
    assert sorted(len(save) for save in saves(changes)) == [1, 5]
    one = next(change for change in changes if change.field == "limits.gap_s")
    after = settings(await house.dialer.revert(one.id, "irina"))
    assert after == before | {"state": "paused"}
    newest = saves(await house.dialer.changes(campaign.id))[0]
    assert {(change.field, change.actor_id) for change in newest} == {(field, "irina") for field in FIVE}
    again = settings(await house.dialer.revert(newest[0].id, "oleg"))  # taking back is a save too
    assert again == before | {"state": "paused"} | FIVE


async def test_a_save_whose_knob_was_turned_again_is_refused_whole_and_says_which(house: DialHouse) -> None:
    campaign = await house.open()
    await house.dialer.set_knobs(campaign.id, FIVE, "oleg")
    (first,) = saves(await house.dialer.changes(campaign.id))
    later = await house.dialer.set_knobs(campaign.id, {"limits.lead_day": 3}, "irina")
    with pytest.raises(Overruled) as refused:
        await house.dialer.revert(first[0].id, "oleg")
    assert refused.value.fields == ("limits.lead_day",)
    assert settings(await house.dialer.campaign(campaign.id)) == settings(later)
    newest = (await house.dialer.changes(campaign.id))[0]
    await house.dialer.revert(newest.id, "oleg")
    back = await house.dialer.revert(first[0].id, "oleg")
    assert settings(back) == settings(campaign)


async def test_a_country_taken_back_leaves_a_limit_that_was_not_part_of_its_save(house: DialHouse) -> None:
    campaign = await house.open()
    await house.dialer.set_knobs(campaign.id, {"cap.jurisdiction": "us-ftc"}, "oleg")
    change = (await house.dialer.changes(campaign.id))[0]
    await house.dialer.set_knobs(campaign.id, {"cap.limit": 0.01}, "irina")
    cap = (await house.dialer.revert(change.id, "oleg")).cap
    assert (cap.jurisdiction, cap.limit, cap.window) == ("ru", 0.01, "day")


async def test_numbers_that_no_trunk_may_show_are_refused_and_nothing_is_saved(house: DialHouse) -> None:
    campaign = await house.open()
    await house.dialer.set_knobs(
        campaign.id, {"caller_id": "+74951110001\n+78121110001"}, "oleg"
    )  # no pool: what it is told
    await house.dialer.trunks.set_knobs("trunk", {"caller_ids": ["+74951110001", "+74951110002"]}, "oleg")
    for text, reason in (
        ("+74951110001, +78121110001", "no trunk may show +78121110001"),
        ("+74951110001 +74951110001", "a number is named twice"),
        ("8 495 111-00-01", "every number is written as"),
        ("+7495111000", "every number is written as"),
        ("+74951110001x", "every number is written as"),
        (" ".join(f"+7495111{number:04}" for number in range(51)), "at most 50"),
    ):
        with pytest.raises(CampaignRefused, match=reason.replace("+", r"\+")) as refused:
            await house.dialer.set_knobs(campaign.id, {"caller_id": text, "limits.lead_day": 3}, "oleg")
        assert refused.value.field == "caller_id"
    kept = await house.dialer.campaign(campaign.id)
    assert (kept.caller_ids, kept.limits.lead_day) == (("+74951110001", "+78121110001"), 6)
    await house.dialer.set_knobs(campaign.id, {"caller_id": "+74951110002;+74951110001"}, "oleg")
    with pytest.raises(CampaignRefused):
        await house.dialer.add_campaign("Другая", "orders", {"caller_id": "+78121110001"})


async def test_of_the_campaigns_numbers_a_customer_sees_the_nearest_that_the_trunk_may_show(house: DialHouse) -> None:
    numbers = "+78121110001 +74951110001 +442071110001"
    await house.open("maria", "irina", knobs={"caller_id": numbers})
    await house.order(1, 1_000)
    await house.tick()
    first = house.ringing()
    assert house.telephones.shown[first] == "+74951110001"
    await house.dialer.trunks.set_knobs("trunk", {"caller_ids": ["+78121110001", "+74951119999"]}, "oleg")
    await house.order(2, 900)
    await house.tick()
    (second,) = set(house.telephones.shown) - {first}
    assert house.telephones.shown[second] == "+78121110001"  # the pool has a nearer one, but the campaign named its own

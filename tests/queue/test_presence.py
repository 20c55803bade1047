"""Whose page is open: one that is gone, and a house whose pages all go at once."""

from collections.abc import Iterable

import pytest

from cordboard.queue.presence import MANY, SHARE, STORM_GRACE_S, Presence


def agents(count: int) -> list[str]:
    return [f"agent-{number}" for number in range(count)]


def all_open(count: int) -> Presence:
    presence = Presence()
    for agent in agents(count):
        presence.opened(agent, "tab")
    return presence


def lose(presence: Presence, lost: Iterable[str], at: float) -> None:
    for agent in lost:
        assert presence.closed(agent, "tab", at)


def test_one_page_that_is_gone_is_its_operators_loss() -> None:
    presence = all_open(100)
    lose(presence, ["agent-7"], 10.0)
    assert presence.gone_s(13.0) == {"agent-7": 3.0}


def test_an_older_tab_that_ends_is_no_loss() -> None:
    presence = Presence()
    assert not presence.opened("ann", "old")
    assert presence.opened("ann", "new")
    assert not presence.closed("ann", "old", 1.0)
    assert presence.gone_s(2.0) == {}


def test_when_all_pages_go_at_once_each_has_longer() -> None:
    presence = all_open(100)
    lose(presence, agents(100), 10.0)
    assert set(presence.gone_s(13.0).values()) == {0.0}
    assert set(presence.gone_s(10.0 + STORM_GRACE_S + 3.0).values()) == {3.0}


def test_a_storm_ends_for_whoever_is_back() -> None:
    presence = all_open(100)
    lose(presence, agents(100), 10.0)
    presence.gone_s(10.5)
    for agent in agents(100):
        presence.opened(agent, "tab")
    lose(presence, ["agent-3"], 60.0)
    assert presence.gone_s(64.0) == {"agent-3": 4.0}


def test_after_a_restart_a_whole_house_is_expected() -> None:
    presence = Presence()
    for agent in agents(50):
        presence.expect(agent, 0.0)
    assert set(presence.gone_s(4.0).values()) == {0.0}


@pytest.mark.parametrize(
    ("of", "lost", "is_storm"),
    [
        (MANY, MANY - 1, False),
        (MANY, MANY, True),
        (200, round(200 * SHARE) - 1, False),
        (200, round(200 * SHARE), True),
    ],
)
def test_a_storm_is_many_pages_and_a_share_of_all(of: int, lost: int, is_storm: bool) -> None:
    presence = all_open(of)
    lose(presence, agents(lost), 0.0)
    assert set(presence.gone_s(4.0).values()) == ({0.0} if is_storm else {4.0})


def test_those_who_went_home_long_ago_make_no_storm() -> None:
    presence = all_open(100)
    lose(presence, agents(100)[:90], 0.0)
    presence.gone_s(1.0)
    lose(presence, ["agent-95"], 1000.0)
    assert presence.gone_s(1004.0)["agent-95"] == 4.0

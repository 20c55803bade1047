"""The channels of a trunk: told by events, healed by Asterisk's own list, whoever began the calls."""

from cordboard.telephony.ami_events import ChannelCreated, ChannelHungUp, ChannelRef, ChannelState, LiveChannel
from cordboard.telephony.trunk_channels import TrunkChannels


def ref(uniqueid: str) -> ChannelRef:
    return ChannelRef("a", "boot", uniqueid)


def came(uniqueid: str, name: str) -> ChannelCreated:
    return ChannelCreated(
        channel=ref(uniqueid),
        name=name,
        state=ChannelState.RING,
        caller_number="",
        caller_name="",
        context="cc-in",
        exten="s",
    )


def gone(uniqueid: str, name: str) -> ChannelHungUp:
    return ChannelHungUp(channel=ref(uniqueid), name=name, cause=16, tech_cause="", cause_text="")


def listed(uniqueid: str, name: str) -> LiveChannel:
    return LiveChannel(ref(uniqueid), name, ChannelState.UP, "Playback", "", uniqueid, {}, 5)


def test_every_call_on_the_trunk_counts_until_it_ends() -> None:
    channels = TrunkChannels()
    channels.heard(came("1", "PJSIP/trunk-00000001"))
    channels.heard(came("2", "PJSIP/second-line-0000000a"))
    channels.heard(came("3", "Local/s@cc-in-00000001;1"))
    channels.heard(came("4", "PJSIP/maria-00000003"))
    assert channels.of("trunk") == {"1"}
    assert channels.of("second-line") == {"2"}
    assert channels.of("third") == frozenset()
    channels.heard(gone("1", "PJSIP/trunk-00000001"))
    channels.heard(gone("1", "PJSIP/trunk-00000001"))
    assert channels.of("trunk") == frozenset()


def test_a_call_that_we_place_takes_its_channel_before_it_has_one() -> None:
    channels = TrunkChannels()
    channels.took("our-own-id", "trunk")
    assert channels.of("trunk") == {"our-own-id"}
    channels.heard(came("our-own-id", "PJSIP/trunk-00000001"))
    assert channels.of("trunk") == {"our-own-id"}
    channels.left("our-own-id")
    assert channels.of("trunk") == frozenset()


def test_lost_events_are_healed_by_the_list_and_newer_news_is_believed() -> None:
    channels = TrunkChannels()
    channels.heard(came("lost-end", "PJSIP/trunk-00000001"))
    channels.heard(came("ends-now", "PJSIP/trunk-00000002"))
    channels.ask()
    channels.heard(gone("ends-now", "PJSIP/trunk-00000002"))
    channels.heard(came("comes-now", "PJSIP/trunk-00000004"))
    channels.told([listed("ends-now", "PJSIP/trunk-00000002"), listed("lost-begin", "PJSIP/trunk-00000003")])
    assert channels.of("trunk") == {"lost-begin", "comes-now"}
    channels.ask()
    channels.told([])
    assert channels.of("trunk") == frozenset()

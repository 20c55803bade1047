"""Which channels each endpoint of Asterisk has, whoever began the calls: those of customers who call us take a trunk's channels too."""

import re
from collections.abc import Iterable

from .ami_events import ChannelCreated, ChannelHungUp, Event, LiveChannel

_OF_ENDPOINT = re.compile(r"PJSIP/(.+)-[0-9a-f]{8,}")


class TrunkChannels:
    """By endpoint, the unique ids of its channels: told by events, and held against Asterisk's own list after gaps."""

    def __init__(self) -> None:
        self._endpoint: dict[str, str] = {}
        self._by_endpoint: dict[str, set[str]] = {}
        self._news: set[str] = set()

    def of(self, endpoint: str) -> frozenset[str]:
        return frozenset(self._by_endpoint.get(endpoint, ()))

    def took(self, uniqueid: str, endpoint: str) -> None:
        """We are about to dial by it: the channel is taken before Asterisk tells of it."""
        self.left(uniqueid)
        self._endpoint[uniqueid] = endpoint
        self._by_endpoint.setdefault(endpoint, set()).add(uniqueid)

    def left(self, uniqueid: str) -> None:
        self._news.add(uniqueid)
        endpoint = self._endpoint.pop(uniqueid, None)
        if endpoint is not None:
            self._by_endpoint[endpoint].discard(uniqueid)

    def heard(self, event: Event) -> None:
        match event:
            case ChannelCreated():
                self._came(event.channel.uniqueid, event.name)
            case ChannelHungUp():
                self.left(event.channel.uniqueid)

    def ask(self) -> None:
        """Asterisk is asked for its channels: what is heard from now on is newer than its answer."""
        self._news.clear()

    def told(self, channels: Iterable[LiveChannel]) -> None:
        """The answer."""
        listed = {one.channel.uniqueid: one.name for one in channels}
        news = set(self._news)
        for uniqueid in self._endpoint.keys() - listed.keys() - news:
            self.left(uniqueid)
        for uniqueid in listed.keys() - self._endpoint.keys() - news:
            self._came(uniqueid, listed[uniqueid])

    def _came(self, uniqueid: str, name: str) -> None:
        found = _OF_ENDPOINT.fullmatch(name)
        if found is not None:
            self.took(uniqueid, found[1])

"""Whose page is open, in which tab, and for how long a closed one has been gone. Live connections are not remembered over a restart."""

MANY, SHARE = 10, 0.2
STORM_GRACE_S = 20.0


class Presence:
    """Of an agent's tabs the newest counts. Instants are of the monotonic clock, in s.

    One page that is gone is its operator's loss. When MANY are gone, and SHARE of all, the house has lost its network or has just
    started: each of those has STORM_GRACE_S more, or talks that are well would be cut while their pages stand in line to come back.
    """

    def __init__(self) -> None:
        self._tabs: dict[str, str] = {}
        self._lost_at: dict[str, float] = {}
        self._stormed: set[str] = set()

    def expect(self, agent_id: str, now: float) -> None:
        """After a restart: his page may have been open, and gets its grace to come back."""
        self._lost_at[agent_id] = now

    def opened(self, agent_id: str, tab: str) -> bool:
        """Take the tab as his page. True when it takes the place of another: the old page, and what ran in it, is gone."""
        before = self._tabs.get(agent_id)
        self._tabs[agent_id] = tab
        self._lost_at.pop(agent_id, None)
        self._stormed.discard(agent_id)
        return before not in (None, tab)

    def closed(self, agent_id: str, tab: str, now: float) -> bool:
        """False when a newer tab is his page already."""
        if self._tabs.get(agent_id) != tab:
            return False
        self._lost_at[agent_id] = now
        return True

    def gone_s(self, now: float) -> dict[str, float]:
        """For how long each closed page has been gone, without the grace of a storm. Ask at least once a second."""
        self._watch_for_storm(now)
        return {agent_id: self._gone_s(agent_id, now - at) for agent_id, at in self._lost_at.items()}

    def _gone_s(self, agent_id: str, since_s: float) -> float:
        return max(0.0, since_s - (STORM_GRACE_S if agent_id in self._stormed else 0.0))

    def _watch_for_storm(self, now: float) -> None:
        lately = {agent_id for agent_id, at in self._lost_at.items() if now - at <= STORM_GRACE_S}
        still_open = len(self._tabs.keys() - self._lost_at.keys())
        if len(lately) >= max(MANY, SHARE * (len(lately) + still_open)):
            self._stormed |= lately

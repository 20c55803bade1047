"""Whose page is open, in which tab, and for how long a closed one has been gone. Live connections are not remembered over a restart."""


class Presence:
    """Of an agent's tabs the newest counts. Instants are of the monotonic clock, in s."""

    def __init__(self) -> None:
        self._tabs: dict[str, str] = {}
        self._lost_at: dict[str, float] = {}

    def expect(self, agent_id: str, now: float) -> None:
        """After a restart: his page may have been open, and gets its grace to come back."""
        self._lost_at[agent_id] = now

    def opened(self, agent_id: str, tab: str) -> bool:
        """Take the tab as his page. True when it takes the place of another: the old page, and what ran in it, is gone."""
        before = self._tabs.get(agent_id)
        self._tabs[agent_id] = tab
        self._lost_at.pop(agent_id, None)
        return before not in (None, tab)

    def closed(self, agent_id: str, tab: str, now: float) -> bool:
        """False when a newer tab is his page already."""
        if self._tabs.get(agent_id) != tab:
            return False
        self._lost_at[agent_id] = now
        return True

    def gone_s(self, now: float) -> dict[str, float]:
        """For how long each closed page has been gone."""
        return {agent_id: max(0.0, now - at) for agent_id, at in self._lost_at.items()}

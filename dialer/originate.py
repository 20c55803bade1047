"""What is to be dialed, and the wire that dials it, as the dialer needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..queue.agent import Agent
from .campaign import Campaign
from .lead import Lead


class Originate(Protocol):
    """The wire to customers, as the dialer needs it (telephony/voice.py fits)."""

    async def originate(
        self,
        attempt_id: str,
        number: str,
        *,
        ring_timeout_s: int,
        caller_id: str,
        variables: Mapping[str, str],
        trunk: str,
    ) -> None:
        """Dial `number` by `trunk`, with `attempt_id` as the channel's own id.

        Returns when the wire has taken it on; raises if it may not have.
        """
        ...

    async def cancel(self, attempt_id: str) -> None:
        """End the call; nothing happens if there is none."""
        ...

    async def equip(self, attempt_id: str, variables: Mapping[str, str]) -> None:
        """Give a call that nobody has answered other variables; nothing happens if there is none. Raises when the wire cannot be told."""
        ...

    async def known(self, attempt_id: str) -> bool | None:
        """Whether a live call of that id is there; None when it cannot be told."""
        ...

    def channels_on(self, trunk: str) -> frozenset[str]:
        """The calls that are on the trunk now, whoever began them; those of attempts by their ids."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be dialed, for whom, by whose rules. Without an `agent` nobody is reserved: then the bound of the campaign, with the
    `others` of its group, must have room. `variables` are for the wire; `attempt_id` is given where the agent is reserved already;
    `by_hand`: its agent chose the number himself, whatever the campaign's mode."""

    lead: Lead
    campaign: Campaign
    agent: Agent | None
    others: Sequence[Campaign] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    attempt_id: str = ""
    by_hand: bool = False

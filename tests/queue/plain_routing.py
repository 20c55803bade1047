"""The routing rule without an index: every contact against every agent. What the lineup does must be the same."""

from collections.abc import Collection, Iterable

from cordboard.queue.agent import Agent
from cordboard.queue.channel import ChannelKind
from cordboard.queue.contact import Contact
from cordboard.queue.routing import Match, foremost, is_personal, needs_now, obstacle, preference, waiting
from cordboard.queue.setup import QueueSetup
from cordboard.storage.clock import Clock


def plain_match(
    contacts: Iterable[Contact],
    agents: Collection[Agent],
    setup: QueueSetup,
    clock: Clock,
    up: Collection[ChannelKind] = tuple(ChannelKind),
) -> Match | None:
    """The first contact in the order that anybody may take, and whom its queue's strategy chooses. Keeps nobody's hands."""
    now = clock.now()
    for contact in waiting(contacts):
        rules = setup.rules(contact.queue)
        able = [agent for agent in agents if obstacle(agent, contact, rules, now) is None and contact.kind in up]
        needs = () if is_personal(contact, now) else needs_now(contact, rules, now)
        if able:
            chosen = min(able, key=lambda agent: preference(rules.strategy, agent, foremost(needs)))
            return Match(contact.id, chosen.id)
    return None

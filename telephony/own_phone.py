"""The operator's own telephone, when his page did not come back: how cc-dial reaches him there. Pure."""

from collections.abc import Callable, Mapping

from ..queue.agent import Agent
from ..queue.channel import NotDone
from ..queue.contact import Contact


def variables_for(
    contact: Contact, agent: Agent, may_dial: Callable[[str], bool], way: Callable[[str], tuple[str, str]]
) -> Mapping[str, str]:
    """Of the customer's leg, for this offer: number and trunk, and the number of ours to show. Raises NotDone for a number that must not
    be dialed."""
    if not contact.own_phone:
        return {}  # the dialplan forgets an earlier one itself, in cc-hold
    if not may_dial(agent.own_number):
        raise NotDone
    trunk, shown = way(agent.own_number)
    return {"CC_OWN": f"{agent.own_number.lstrip('+')}@{trunk}", "CC_SHOW": shown}

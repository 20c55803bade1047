"""The moves of the desk: each tells a draft what happened to a contact and its agent together, and returns what the wires must do.

Pure: a move changes only the draft it is given. An impossible move raises IllegalTransition, and the whole draft is thrown away.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from . import agent as agents
from . import contact_events
from .agent import Agent, Stance, TaskPhase
from .book import Draft
from .capacity import Room
from .channel import (
    OWN_PHONE_AFTER_S,
    OWN_PHONE_ANSWER_S,
    REJOIN_AGAIN_S,
    Arrival,
    ChannelKind,
    Direction,
    OfferFailure,
)
from .commands import (
    Command,
    FollowUp,
    OfferContact,
    PauseRecording,
    ResumeRecording,
    ReturnToQueue,
    TellAccepted,
    WithdrawOffer,
)
from .contact import Contact, ContactState, arrive
from .deadlines import DeskRules
from .mask import MASK_S, RecordingPaused, RecordingResumed
from .placing import is_awaited, overflow, placed
from .routing import is_personal

TRANSFER_S = 30.0
REJOIN = "rejoin/"
"""What the attempt id begins with under which an agent's hands are kept for the talk that broke."""

Ending = contact_events.TalkEnded | contact_events.CustomerLeft | contact_events.NodeLost


def begin(draft: Draft, contact_id: str, arrival: Arrival, rules: DeskRules) -> list[Command]:
    """A contact arrives and waits; the one that was dialed for a reserved agent is his at once, unless he has left meanwhile: then it is
    for whoever is free."""
    agent = draft.known_agent(arrival.for_agent)
    is_dialed = agent is not None and agent.dialing(arrival.attempt_id or "") is not None
    if agent is not None and is_dialed and not _is_there(agent):
        draft.tell_agent(agent.id, agents.Released(draft.now, attempt_id=arrival.attempt_id))
        arrival, is_dialed = replace(arrival, for_agent=None), False
    draft.begin(placed(arrive(contact_id, arrival, draft.now), draft))
    draft.tell_contact(contact_id, contact_events.Queued(draft.now))
    if agent is not None and is_dialed:
        return [offer(draft, contact_id, agent.id, rules)]
    return overflow(draft, draft.contact(contact_id), arriving=True)


def _is_there(agent: Agent) -> bool:
    """Whether a call can be given to who was reserved for it."""
    return agent.stance is Stance.READY and agent.reachable_by(ChannelKind.VOICE)


def route(draft: Draft, wires_up: Collection[ChannelKind], rules: DeskRules) -> list[Command]:
    """Make every pair that the routing rule wants made now."""
    commands: list[Command] = []
    while (match := draft.lineup.next_match(draft.now, wires_up)) is not None:
        commands.append(offer(draft, match.contact_id, match.agent_id, rules))
    return commands


def offer(
    draft: Draft, contact_id: str, agent_id: str, rules: DeskRules, *, own_phone: bool = False, asked: bool = False
) -> OfferContact:
    """`own_phone`: on the agent's own telephone number, where he says himself that he is there. `asked`: by a click of this agent, or
    he talks with the customer already."""
    before = draft.contact(contact_id)
    # A dialed customer already waits for this agent, and a talk that broke goes on: neither asks for a click. One whom somebody else
    # passes on rings: his new agent sees first who he is.
    parted = before.talked_with == agent_id
    dialed = before.direction is Direction.OUTBOUND and before.talked_with is None
    expected = dialed or parted or asked
    own = before.for_agent == agent_id or before.is_kept_place or is_awaited(before)
    queue = draft.lineup.setup.rules(before.queue)
    ring_s = OWN_PHONE_ANSWER_S if own_phone else rules.callback_ring_s if before.is_kept_place else 0
    until = draft.now + timedelta(seconds=ring_s + rules.ring_for(queue) + rules.reservation_slack_s)
    contact = draft.tell_contact(contact_id, contact_events.Offered(draft.now, agent_id, own_phone))
    reserved = agents.ReservedForContact(draft.now, contact_id, contact.kind, until, resumes=before.rejoins)
    agent = draft.tell_agent(agent_id, reserved)
    return OfferContact(contact, agent, auto_answer=expected and own and contact.kind is ChannelKind.VOICE)


def take_back(draft: Draft, contact_id: str) -> None:
    """An offer that never reached the wire: nobody is to blame."""
    before = draft.contact(contact_id)
    draft.tell_contact(contact_id, contact_events.OfferFailed(draft.now, OfferFailure.UNREACHABLE))
    free(draft, before)


def miss(draft: Draft, contact: Contact, reason: OfferFailure) -> list[Command]:
    """The agent did not take the offer. The contact waits on with its age, the agent is not asked again until he says so: unless it was
    his own talk that is to go on, for then only his telephone was not there yet."""
    draft.tell_contact(contact.id, contact_events.OfferFailed(draft.now, reason))
    agent = draft.known_agent(contact.agent_id)
    if agent is None:
        return []
    task = agent.task(contact.id)
    if task is not None and task.phase is TaskPhase.RESERVED:
        missed = agents.MissedOffer(draft.now, contact.id, reason)
        draft.tell_agent(agent.id, agents.Released(draft.now, contact.id) if contact.rejoins else missed)
        if contact.rejoins:
            _keep_hands(draft, draft.contact(contact.id))
    return [WithdrawOffer(contact, agent)]


def unreached(draft: Draft, contact: Contact, rules: DeskRules) -> list[Command]:
    """A kept place was called and nobody answered: again a little later, and not for ever."""
    if contact.tries >= rules.callback_tries:
        return end(draft, contact, contact_events.CustomerLeft(draft.now, "callback_unreached"), rules)
    later = draft.now + timedelta(seconds=rules.callback_retry_s)
    draft.tell_contact(contact.id, contact_events.OfferFailed(draft.now, OfferFailure.UNREACHABLE_CUSTOMER, later))
    free(draft, contact)
    return []


def accept(draft: Draft, contact: Contact) -> list[Command]:
    """The agent took the offered contact at the desk."""
    agent_id = str(contact.agent_id)
    after = draft.tell_contact(contact.id, contact_events.Connected(draft.now, agent_id))
    agent = draft.tell_agent(agent_id, agents.TalkBegan(draft.now, contact.id, contact.kind))
    return [TellAccepted(after, agent)]


def connect(draft: Draft, contact: Contact, agent_id: str, since: datetime | None = None) -> list[Command]:
    """The wire tells that they talk. A call that rings at this agent besides waits on: he has one telephone."""
    if contact.agent_id not in (None, agent_id):
        free(draft, contact)
    let_hands_go(draft, contact)
    besides = _rings_besides(draft, contact, agent_id) if contact.kind is ChannelKind.VOICE else []
    withdrawn = [WithdrawOffer(other, draft.agent(agent_id)) for other in besides]
    for other in besides:
        take_back(draft, other.id)
    draft.tell_contact(contact.id, contact_events.Connected(since or draft.now, agent_id))
    draft.tell_agent(agent_id, agents.TalkBegan(draft.now, contact.id, contact.kind))
    return [*withdrawn]


def _rings_besides(draft: Draft, contact: Contact, agent_id: str) -> list[Contact]:
    """The other calls that are offered to the agent: one that was withdrawn while its wire was down may ring on, and be answered."""
    tasks = (task for task in draft.agent(agent_id).tasks if task.kind is ChannelKind.VOICE)
    reserved = (task.contact_id for task in tasks if task.phase is TaskPhase.RESERVED and task.contact_id != contact.id)
    others = (draft.open_contact(contact_id) for contact_id in reserved)
    return [other for other in others if other is not None and other.state is ContactState.OFFERED]


def free(draft: Draft, contact: Contact) -> None:
    """Whoever holds the contact is rid of it."""
    agent = draft.known_agent(contact.agent_id)
    task = None if agent is None else agent.task(contact.id)
    if agent is None or task is None:
        return
    reserved = task.phase is TaskPhase.RESERVED
    freed = agents.Released(draft.now, contact.id) if reserved else agents.TaskEnded(draft.now, contact.id)
    draft.tell_agent(agent.id, freed)


def break_leg(draft: Draft, contact: Contact) -> list[Command]:
    """The agent's side of a talk went away: the customer waits for him, and his hands for the customer."""
    waits = draft.tell_contact(contact.id, contact_events.AgentLegBroke(draft.now))
    agent = draft.agent(str(contact.agent_id))
    free(draft, contact)
    _keep_hands(draft, waits)
    return [ReturnToQueue(contact, agent)]


def take_over(draft: Draft, contact: Contact) -> list[Command]:
    """Another page of the same agent takes the place of the one that talks. The telephone that is registered is still the old page's, and
    it would answer by itself as it goes: so the new one is waited for, or a moment."""
    back = break_leg(draft, contact)
    until = draft.now + timedelta(seconds=REJOIN_AGAIN_S)
    draft.tell_contact(contact.id, contact_events.HeldBack(draft.now, until))
    return back


def _keep_hands(draft: Draft, waits: Contact) -> None:
    """While his own customer waits to be joined again, an agent at work is given no other call, however long that one has waited."""
    agent = draft.known_agent(waits.for_agent)
    if agent is None or waits.personal_until is None or draft.now >= waits.personal_until or not waits.rejoins:
        return
    if agent.stance is Stance.READY and agent.room(waits.kind) is Room.FREE:
        kept = agents.ReservedForAttempt(draft.now, f"{REJOIN}{waits.id}", waits.personal_until)
        draft.tell_agent(agent.id, kept)


def let_hands_go(draft: Draft, contact: Contact) -> None:
    """Nobody is to be joined again any more."""
    agent = draft.known_agent(contact.for_agent)
    if agent is not None and agent.dialing(f"{REJOIN}{contact.id}") is not None:
        draft.tell_agent(agent.id, agents.Released(draft.now, attempt_id=f"{REJOIN}{contact.id}"))


def rejoin(draft: Draft, contact: Contact, rules: DeskRules) -> list[Command]:
    """Offer a broken talk to its agent as soon as he can be reached, whatever he wants to be next and whatever queues he serves by now."""
    agent = draft.known_agent(contact.for_agent)
    if agent is None or contact.state is not ContactState.QUEUED or not contact.rejoins:
        return []
    if not is_personal(contact, draft.now) or agent.stance is Stance.LOGGED_OUT:
        return []
    kept = agent.dialing(f"{REJOIN}{contact.id}") is not None
    if not (kept or agent.room(contact.kind) is Room.FREE):
        return []
    if agent.reachable_by(contact.kind):
        return [offer(draft, contact.id, agent.id, rules)]
    broke_at = contact.talk_ended_at or draft.now
    if agent.own_number and (draft.now - broke_at).total_seconds() >= OWN_PHONE_AFTER_S:
        return [offer(draft, contact.id, agent.id, rules, own_phone=True)]
    return []


def rejoin_all(draft: Draft, agent_id: str, rules: DeskRules) -> list[Command]:
    """The agent's page or telephone is there: whoever waits for it is joined again."""
    agent = draft.known_agent(agent_id)
    names = [task.attempt_id or "" for task in agent.tasks] if agent else []
    kept = [name.removeprefix(REJOIN) for name in names if name.startswith(REJOIN)]
    own = [draft.open_contact(contact_id) for contact_id in dict.fromkeys([*draft.lineup.waiting_for(agent_id), *kept])]
    return [command for contact in own if contact is not None for command in rejoin(draft, contact, rules)]


def pause_recording(draft: Draft, contact: Contact) -> list[Command]:
    """What is said now is not recorded, for MASK_S at most."""
    until = draft.now + timedelta(seconds=MASK_S)
    return [PauseRecording(draft.tell_contact(contact.id, RecordingPaused(draft.now, until)))]


def resume_recording(draft: Draft, contact: Contact) -> list[Command]:
    return [ResumeRecording(draft.tell_contact(contact.id, RecordingResumed(draft.now)))]


def tell_answerer(draft: Draft, contact: Contact, answerer: str) -> list[Command]:
    """The agent says who had answered; the contact goes on as it was."""
    draft.tell_contact(contact.id, contact_events.AnswererTold(draft.now, answerer))
    return []


def not_masked(draft: Draft, contact: Contact) -> None:
    """The wire did not do it: nobody may believe that it did."""
    draft.tell_contact(contact.id, RecordingResumed(draft.now))


def transfer(draft: Draft, contact: Contact, queue: str, for_agent: str | None) -> list[Command]:
    """The agent passes the customer on, into a queue with his age, for TRANSFER_S for one agent alone."""
    sender = draft.agent(contact.agent_id or "")
    goes = placed(contact, draft, queue)
    until = draft.now + timedelta(seconds=TRANSFER_S) if for_agent else None
    draft.tell_contact(
        contact.id,
        contact_events.Transferred(draft.now, queue, goes.due_at or draft.now, goes.needs, for_agent, until),
    )
    free(draft, contact)
    return [ReturnToQueue(contact, sender)]


def end(draft: Draft, contact: Contact, event: Ending, rules: DeskRules) -> list[Command]:
    """The wire is over: the agent who talked wraps up, one who never did is free again, and an ended contact is followed up."""
    after = draft.tell_contact(contact.id, event)
    let_hands_go(draft, contact)
    agent = draft.known_agent(contact.agent_id)
    task = None if agent is None else agent.task(contact.id)
    if agent is not None and task is not None:
        if task.phase is TaskPhase.BUSY and after.state is ContactState.WRAP_UP:
            until = draft.now + timedelta(seconds=rules.wrap_up_for(draft.lineup.setup.rules(after.queue)))
            draft.tell_agent(agent.id, agents.WrapUpBegan(draft.now, contact.id, until))
        else:
            free(draft, contact)
    return [] if after.is_open else [FollowUp(after)]


def dispose(draft: Draft, contact: Contact, event: contact_events.Disposed) -> list[Command]:
    after = draft.tell_contact(contact.id, event)
    free(draft, contact)
    return [FollowUp(after)]


def with_customer(
    arrival: Arrival, customer_id: str | None, order_id: str | None, lifts: Iterable[str] = ()
) -> Arrival:
    return replace(arrival, customer_id=customer_id, order_id=order_id, lifts=tuple(lifts) or arrival.lifts)

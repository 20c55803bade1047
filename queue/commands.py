"""What a move wants done outside the book, after its commit: each is carried out by the desk's hands (hands.py). Pure."""

from dataclasses import dataclass

from .agent import Agent
from .channel import Dismissal
from .contact import Contact


@dataclass(frozen=True, slots=True)
class OfferContact:
    contact: Contact
    agent: Agent
    auto_answer: bool


@dataclass(frozen=True, slots=True)
class WithdrawOffer:
    contact: Contact
    agent: Agent


@dataclass(frozen=True, slots=True)
class ReturnToQueue:
    contact: Contact
    agent: Agent


@dataclass(frozen=True, slots=True)
class TellAccepted:
    contact: Contact
    agent: Agent


@dataclass(frozen=True, slots=True)
class HangUp:
    contact: Contact


@dataclass(frozen=True, slots=True)
class PauseRecording:
    contact: Contact


@dataclass(frozen=True, slots=True)
class ResumeRecording:
    contact: Contact


@dataclass(frozen=True, slots=True)
class CallThird:
    """The talk goes into a room of its own, the customer hears music, and his contact's third is called."""

    contact: Contact
    agent: Agent


@dataclass(frozen=True, slots=True)
class ArrangeParties:
    """Everybody is to hear what the contact says: the room, or music."""

    contact: Contact


@dataclass(frozen=True, slots=True)
class DropThird:
    """The contact is as it was while he was there."""

    contact: Contact


@dataclass(frozen=True, slots=True)
class SendAway:
    """The customer talks on with the number outside, without any operator of ours."""

    contact: Contact


PartyCommand = CallThird | ArrangeParties | DropThird | SendAway


@dataclass(frozen=True, slots=True)
class Dismiss:
    contact: Contact
    how: Dismissal


@dataclass(frozen=True, slots=True)
class FollowUp:
    contact: Contact


Command = (
    OfferContact
    | WithdrawOffer
    | ReturnToQueue
    | TellAccepted
    | HangUp
    | PauseRecording
    | ResumeRecording
    | PartyCommand
    | Dismiss
    | FollowUp
)

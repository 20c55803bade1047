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
    | Dismiss
    | FollowUp
)

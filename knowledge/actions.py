"""The port through which a script does something in the house: set a field, change a status, book a call. works_scripts.py fits it."""

from typing import Protocol

from ..queue.contact import Contact
from .script import Command


class ActionRefused(Exception):
    """It cannot be done. `reason` is an English sentence for the operator; pages say it in his language."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Actions(Protocol):
    async def carry_out(self, command: Command, contact: Contact, actor_id: str) -> str:
        """Do it and say what it came to ('' for nothing to tell). After a crash it may be asked once more. Raises ActionRefused."""
        ...

"""The operators who ask a supervisor to let go what their script demands, for the board."""

from dataclasses import dataclass

from ..knowledge.runs import Talk
from ..queue.contact import Contact
from .board_data import people_of
from .house import House
from .i18n import Language
from .script_data import words_of


@dataclass(frozen=True, slots=True)
class WaiverLine:
    """`steps`: what is owed, in the reader's language. `queue`: its code."""

    contact_id: str
    agent: str
    who: str
    queue: str
    script: str
    steps: tuple[str, ...]


async def waivers_shown(house: House, language: Language) -> list[WaiverLine]:
    """Of the contacts in hand, the one that has waited longest first."""
    if house.scripts is None:
        return []
    held = {one.id: one for one in house.desk.contacts() if one.agent_id is not None}
    talks = await house.scripts.asking(held.values())
    _, names = await people_of(house, [held[talk.run.contact_id] for talk in talks])
    return [_line(house, held[talk.run.contact_id], talk, names, language) for talk in talks]


def _line(house: House, contact: Contact, talk: Talk, names: dict[str, str], language: Language) -> WaiverLine:
    agent = house.desk.agent(contact.agent_id or "")
    return WaiverLine(
        contact_id=contact.id,
        agent="" if agent is None else agent.name,
        who=names.get(contact.customer_id or "") or contact.name,
        queue=contact.queue,
        script=talk.script.title.of(language),
        steps=tuple(words_of(step, language) for step in talk.owed),
    )

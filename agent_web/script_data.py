"""The script of a contact for the desk: its panel, what still has to be done, and what was agreed."""

from ..access.user import User
from ..knowledge.runs import Talk
from ..knowledge.script import Step
from ..knowledge.script_fields import fill
from ..queue.contact import Contact
from ..queue.disposition import Disposition
from ..shop.customer import Customer
from ..shop.phone import zone_of
from .desk_hands import Phase
from .desk_view import DeskView
from .house import House
from .i18n import Words
from .problem import FieldError, Problem
from .problem_texts import say
from .script_view import ScriptPane, script_pane
from .script_words import facts

IN_TALK = frozenset({Phase.TALKING, Phase.HELD, Phase.WRAP_UP})


async def script_shown(house: House, view: DeskView, user: User, speech: Words) -> ScriptPane | None:
    """The panel beside the card, from the first word of the talk on; None where no script is for it."""
    if house.scripts is None or view.contact is None or view.phase not in IN_TALK:
        return None
    talk = await house.scripts.of(view.contact)
    if talk is None:
        return None
    known = await facts_of(house, talk, view.contact, user, speech)
    choice, scripts = await house.scripts.choice(view.contact), await house.scripts.scripts()
    trouble, chosen = say(speech.language, talk.run.trouble), view.contact.customer_id
    customer = await house.shop.customer(chosen) if chosen else None  # not who it may be: what is promised goes by him
    return script_pane(talk, choice, scripts, known, trouble, speech, zone_of_talk(house, view.contact, customer))


def zone_of_talk(house: House, contact: Contact, customer: Customer | None) -> str:
    """Whose clock is meant in a talk: the customer's, else that of his number, else the site's."""
    if customer is not None and customer.time_zone:
        return customer.time_zone
    home = house.site.time_zone
    return zone_of(contact.address, home) if contact.address.startswith("+") else home


async def facts_of(house: House, talk: Talk, contact: Contact, user: User, speech: Words) -> dict[str, str]:
    order = await house.shop.order(contact.order_id) if contact.order_id else None
    customer = await house.shop.customer(contact.customer_id) if contact.customer_id else None
    names: dict[str, str] = {}
    if order is not None and speech.language == "en":
        products = await house.shop.products_of({one.article for one in order.items})
        names = {article: product.name("en") for article, product in products.items()}
    where = zone_of_talk(house, contact, customer)
    return facts(talk, customer, order, (user.name, house.site.shop_name), names, speech, where)


async def script_is_done(house: House, user: User, contact: Contact, chosen: Disposition) -> None:
    """Raises Problem 409 while the script's required steps are to be done. Where there was no talk, nothing was to be asked in it."""
    talk = await house.scripts.of(contact) if house.scripts is not None and chosen.talked else None
    if talk is None or not talk.owed:
        return
    left = [FieldError(field=f"script.{step.code}", reason=words_of(step, user.language)) for step in talk.owed]
    raise Problem(409, "required steps of the script are still to be done", errors=left, fault="script")


def words_of(step: Step, language: str) -> str:
    """A step's words without its fields."""
    return "".join(part.text or "…" for part in fill(step.words.of(language), {}))

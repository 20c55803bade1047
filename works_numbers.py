"""The numbers of a site, part of the works: which are its own and what is behind them, how others are written, where it may call."""

import re

from .queue.desk import Desk
from .shop.phone import BadPhone, to_e164
from .storage.settings import BadSettings, Settings
from .telephony.rules import ANYWHERE, BadRules, DialRules, home_country
from .telephony.web_call import site_queue


class Numbers:
    """Our own, and the queues behind them."""

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self._desk, self._settings = desk, settings

    def ours(self) -> tuple[str, ...]:
        """Every number of ours that may be dialed, the site's own first."""
        own = self._settings.inbound_number
        return (own, *(number for number in self._desk.setup.numbers if number != own.lstrip("+")))

    def plain(self) -> set[str]:
        """The same without their plus signs."""
        return {number.lstrip("+") for number in self.ours()}

    def queue_dialed(self, number: str) -> str:
        """The queue behind a dialed number, or behind the page from which somebody calls."""
        wanted = site_queue(number)
        if wanted is not None:
            return self.queue_named(wanted)
        return self._desk.setup.behind(number, self._settings.queue_name)

    def queue_named(self, code: str) -> str:
        return self._desk.setup.named(code, self._settings.queue_name)

    def queues_to_call(self) -> list[str]:
        usual = self.queue_named("")
        return [usual, *(code for code in self._desk.setup.queues if code != usual)]


def plain_number(text: str) -> str:
    """E.164 of whoever calls; digits that look like a number are believed as they are, "" means that he hides it."""
    try:
        return to_e164(text if text.startswith("+") or len(text) < 11 else f"+{text}")
    except BadPhone:
        return f"+{text.lstrip('+')}" if re.fullmatch(r"\+?[1-9][0-9]{6,14}", text) else ""


def dial_rules(settings: Settings) -> DialRules:
    """Where the site may call and at what price. When nothing is set it is the country of the site's own number, and everywhere without a
    trunk, for then only the demo's carrier is called. Raises BadSettings."""
    home = home_country(settings.inbound_number) if settings.has_trunk else ANYWHERE
    allowed = settings.dial_allowed or (home,)
    rates = {beginning: round(100 * rate) for beginning, rate in settings.dial_rates.items()}
    money = None if settings.dial_money_a_day is None else round(100 * settings.dial_money_a_day)
    try:
        return DialRules(allowed, rates, settings.dial_minutes_a_day, money)
    except BadRules as bad:
        raise BadSettings(f"setting dial_allowed, dial_rates or dial_money_a_day: {bad}") from bad

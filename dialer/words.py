"""What a customer hears from us without an operator: the message of a campaign, the apology. Made ready before he is called."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from .campaign import Campaign
from .lead import Lead
from .notice_text import KEYS, LANGUAGES, SORRY, Facts, NoFact, filled, in_language
from .voicing import Line, Voice, Voicing

log = logging.getLogger(__name__)


APOLOGY_S = 0.3
"""A call waits so long (s) for its apology, which is spoken once for most calls of a campaign; then it goes with the dialplan's own."""


class Wording(Voice, Protocol):
    """The shop's facts and a voice, as the dialer needs them (works joins them)."""

    async def facts(self, leads: Sequence[Lead]) -> Mapping[str, Facts]:
        """What is known of each lead, by its id."""
        ...


class Mute:
    """Nobody speaks: for houses without a voice."""

    async def facts(self, leads: Sequence[Lead]) -> Mapping[str, Facts]:
        return {lead.id: Facts(LANGUAGES[0], {}) for lead in leads}

    async def speak(self, text: str, language: str) -> str:
        raise OSError("nothing can speak here")

    async def recorded(self, name: str, language: str) -> str:
        raise OSError("nothing can speak here")


class Words:
    """Texts become variables of the call, which the dialplan plays by (extensions.conf, cc-out)."""

    def __init__(self, wording: Wording, woken: Callable[[], None]) -> None:
        self._wording = wording
        self._voicing = Voicing(wording, woken)
        self.hush = self._voicing.hush

    async def facts(self, leads: Sequence[Lead]) -> Mapping[str, Facts]:
        """What the texts are to be told of each lead, by its id: asked for many at once."""
        return await self._wording.facts(leads) if leads else {}

    def notice(self, campaign: Campaign, facts: Facts) -> Line:
        """What the campaign's message says to this lead. Raises NoFact when it has a field that the lead has not."""
        notice = campaign.notice
        if notice.recording:
            return Line(notice.recording, facts.language, is_recording=True)
        text, language = in_language({"ru": notice.text_ru, "en": notice.text_en}, facts.language)
        return Line(f"{filled(text, facts)} {KEYS[language]}", language)

    async def notices(self, campaign: Campaign, lines: Sequence[tuple[Lead, Line]]) -> Mapping[str, Mapping[str, str]]:
        """The variables of the calls that can be made now, by their leads' ids. The others' lines are being spoken.

        Raises OSError when one cannot be.
        """
        said = await self._voicing.playable(campaign.id, {lead.id: line for lead, line in lines})
        if (trouble := self._voicing.trouble(campaign.id)) is not None:
            raise trouble
        return {
            lead.id: {"CC_TELL": said[lead.id], "CC_LANG": line.language, "CC_NUM": lead.phone, "CC_DNIS": "out"}
            for lead, line in lines
            if lead.id in said
        }

    async def apologies(self, campaign: Campaign, facts: Mapping[str, Facts]) -> Mapping[str, Mapping[str, str]]:
        """The variables of these calls, by the same keys. Without a voice, or with a slow one, the dialplan has an apology of its own: that
        is no reason not to call."""
        lines: dict[str, Line] = {}
        for key, known in facts.items():
            try:
                lines[key] = _apology(campaign, known)
            except NoFact as missing:
                log.warning("the apology of campaign %s cannot be said: there is no %s", campaign.id, missing.field)
        said = await self._voicing.playable(campaign.id, lines, APOLOGY_S)
        if (trouble := self._voicing.trouble(campaign.id)) is not None:
            log.warning("the apology of campaign %s cannot be said: %s", campaign.id, type(trouble).__name__)
        return {key: {"CC_SORRY": name, "CC_LANG": lines[key].language} for key, name in said.items()}

    async def unreserved(self, campaign: Campaign, facts: Mapping[str, Facts]) -> Mapping[str, Mapping[str, str]]:
        """The variables of calls that fly without an operator, by the same keys: the apology, and how answering machines are told."""
        sorry = await self.apologies(campaign, facts)
        heard = await self._screenings(campaign, facts)
        return {key: {**sorry.get(key, {}), **heard.get(key, {})} for key in facts}

    async def _screenings(self, campaign: Campaign, facts: Mapping[str, Facts]) -> Mapping[str, Mapping[str, str]]:
        """How answering machines are told from persons, and what they are left. A message that cannot be said, or not yet, is not left."""
        machines = campaign.machines
        if not machines.detects:
            return {}
        lines: dict[str, Line] = {}
        for key, known in facts.items():
            text, language = in_language({"ru": machines.text_ru, "en": machines.text_en}, known.language)
            try:
                lines |= {key: Line(filled(text, known), language)} if text else {}
            except NoFact as missing:
                log.warning("campaign %s leaves a machine no message: there is no %s", campaign.id, missing.field)
        said = await self._voicing.playable(campaign.id, lines, APOLOGY_S)
        if (trouble := self._voicing.trouble(campaign.id)) is not None:
            log.warning("campaign %s leaves no message with machines: %s", campaign.id, type(trouble).__name__)
        screened = {"CC_AMD": machines.point, "CC_AMD_MODEL": campaign.id}
        return {key: screened | ({"CC_LEAVE": said[key]} if key in said else {}) for key in facts}


def _apology(campaign: Campaign, facts: Facts) -> Line:
    own = {"ru": campaign.power.sorry_ru, "en": campaign.power.sorry_en}
    text, language = in_language(own, facts.language) if own.get(facts.language, "").strip() else ("", "")
    language = language or (facts.language if facts.language in SORRY else LANGUAGES[0])
    return Line(filled(text or SORRY[language], facts), language)

"""What a customer hears from us without an operator: the message of a campaign, the apology. Made ready before he is called."""

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from .campaign import Campaign, DialMode
from .lead import Lead
from .notice_text import KEYS, LANGUAGES, SORRY, Facts, NoFact, filled, in_language

log = logging.getLogger(__name__)


class Wording(Protocol):
    """The shop's facts and a voice, as the dialer needs them (works joins them)."""

    async def facts(self, leads: Sequence[Lead]) -> Mapping[str, Facts]:
        """What is known of each lead, by its id."""
        ...

    async def speak(self, text: str, language: str) -> str:
        """The name under which the wire plays this text. Raises OSError when nothing can speak."""
        ...

    async def recorded(self, name: str, language: str) -> str:
        """The name under which the wire plays the site's own recording. Raises OSError when there is none."""
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

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    async def facts(self, leads: Sequence[Lead]) -> Mapping[str, Facts]:
        """What `of` is to be told of each lead, by its id: asked for many at once."""
        return await self._wording.facts(leads) if leads else {}

    async def of(self, campaign: Campaign, lead: Lead, facts: Facts) -> Mapping[str, str]:
        """The call's variables. Raises NoFact when the message has a field that the lead has not, and OSError when it cannot be said."""
        match campaign.mode:
            case DialMode.AGENTLESS:
                return await self._notice(campaign, lead, facts)
            case DialMode.POWER | DialMode.PREDICTIVE:
                return {**await self.apology(campaign, facts), **await self._screening(campaign, facts)}
            case _:
                return {}

    async def _notice(self, campaign: Campaign, lead: Lead, facts: Facts) -> Mapping[str, str]:
        notice = campaign.notice
        text, language = in_language({"ru": notice.text_ru, "en": notice.text_en}, facts.language)
        if notice.recording:
            said = await self._wording.recorded(notice.recording, facts.language)
            language = facts.language
        else:
            said = await self._wording.speak(f"{filled(text, facts)} {KEYS[language]}", language)
        return {"CC_TELL": said, "CC_LANG": language, "CC_NUM": lead.phone, "CC_DNIS": "out"}

    async def _screening(self, campaign: Campaign, facts: Facts) -> Mapping[str, str]:
        """How answering machines are told from persons, and what they are left. A message that cannot be said is not left."""
        machines = campaign.machines
        if not machines.detects:
            return {}
        text, language = in_language({"ru": machines.text_ru, "en": machines.text_en}, facts.language)
        if not text:
            return {"CC_AMD": machines.point}
        try:
            return {"CC_AMD": machines.point, "CC_LEAVE": await self._wording.speak(filled(text, facts), language)}
        except (OSError, NoFact) as trouble:
            log.warning("campaign %s leaves no message with machines: %s", campaign.id, type(trouble).__name__)
            return {"CC_AMD": machines.point}

    async def apology(self, campaign: Campaign, facts: Facts) -> Mapping[str, str]:
        """Without a voice the dialplan has an apology of its own: that is no reason not to call."""
        try:
            own = {"ru": campaign.power.sorry_ru, "en": campaign.power.sorry_en}
            text, language = in_language(own, facts.language) if own.get(facts.language, "").strip() else ("", "")
            language = language or (facts.language if facts.language in SORRY else LANGUAGES[0])
            said = await self._wording.speak(filled(text or SORRY[language], facts), language)
        except (OSError, NoFact) as trouble:
            log.warning("the apology of campaign %s cannot be said: %s", campaign.id, type(trouble).__name__)
            return {}
        return {"CC_SORRY": said, "CC_LANG": language}

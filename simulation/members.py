"""The members of the simulated node's app_queue: the engine keeps them there for the day when it is gone (telephony/fallback.py)."""

from .ami_session import AmiSession
from .ami_words import Received, encode


class Members:
    """One queue, without callers: the engine lives as long as the simulation. Which member is paused, by interface."""

    def __init__(self) -> None:
        self._paused: dict[str, bool] = {}

    def status(self, session: AmiSession, action: Received) -> None:
        session.reply(action, ("EventList", "start"), ("Message", "Queue status will follow"))
        asked = action.get("Member")
        shown = {name: paused for name, paused in self._paused.items() if asked in ("", name)}
        for name, paused in shown.items():
            pairs = [("Queue", action.get("Queue")), ("Location", name), ("Paused", str(int(paused)))]
            session.say(encode([("Event", "QueueMember"), *action.same, *pairs]))
        end = [("EventList", "Complete"), ("ListItems", str(len(shown)))]
        session.say(encode([("Event", "QueueStatusComplete"), *action.same, *end]))

    def add(self, session: AmiSession, action: Received) -> None:
        if action.get("Interface") in self._paused:
            session.refuse(action, "Unable to add interface: Already there")
            return
        self._paused[action.get("Interface")] = action.get("Paused") == "true"
        session.reply(action, ("Message", "Added interface to queue"))

    def pause(self, session: AmiSession, action: Received) -> None:
        if action.get("Interface") not in self._paused:
            session.refuse(action, "Interface not found")
            return
        self._paused[action.get("Interface")] = action.get("Paused") == "true"
        session.reply(action, ("Message", "Interface paused successfully"))

    def remove(self, session: AmiSession, action: Received) -> None:
        if self._paused.pop(action.get("Interface"), None) is None:
            session.refuse(action, "Unable to remove interface: Not there")
            return
        session.reply(action, ("Message", "Removed interface from queue"))

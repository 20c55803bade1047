"""A campaign's own model, made of its labelled calls: part of the works, for the command."""

from collections.abc import Callable
from pathlib import Path

from .dialer.campaign import Campaign
from .dialer.machine_labels import Answerer
from .dialer.store import DialerStore
from .storage.clock import SystemClock
from .storage.data_folder import DataFolder
from .storage.database import Database
from .storage.ids import random_ids
from .storage.settings import Settings
from .telephony.answer_model import shipped
from .telephony.answer_own import Errors, Labelled, Own, TooFew, labelled, own_model
from .telephony.answer_sounds import read_sound
from .telephony.answer_verdict import OFF, POINTS
from .works_machines import models_of

Say = Callable[[str], None]


class CannotTrain(Exception):
    """There is nothing to train, or nothing to train it of."""


async def train(folder: DataFolder, settings: Settings, wanted: str, say: Say, *, always: bool = False) -> Own:
    """Make the campaign's model, and keep it where it helps (`always`: in any case). Raises CannotTrain."""
    home = home_of(folder, settings)
    db = Database.open(settings.database_url or folder.default_database_url())
    try:
        store = DialerStore(db, SystemClock(), random_ids)
        campaign = named(wanted, await store.campaigns())
        calls = await store.machines.labelled(campaign.id)
        sounds = [(home / call.sound, call.label is Answerer.MACHINE) for call in calls if call.sound and call.label]
    finally:
        await db.close()
    say(f"{campaign.name}: {len(sounds)} labelled calls")
    point = POINTS["balanced" if campaign.machines.point == OFF else campaign.machines.point]
    try:
        own = own_model(shipped(), heard_all(sounds, say), point)
    except TooFew as few:
        raise CannotTrain(str(few)) from few
    say(f"by the shipped model: {said(own.before)}")
    say(f"by its own:           {said(own.after)} (calls that it was not made of)")
    if not (own.helps or always):
        say("it is no better: the model in use stays")
        return own
    kept = models_of(home).keep(campaign.id, own.model)
    say(f"kept in {kept}; the next call is heard by it")
    return own


def home_of(folder: DataFolder, settings: Settings) -> Path:
    """Where sound lies, and what is learned of it."""
    return folder.path if settings.asterisk_of is None else Path(settings.asterisk_of)


def named(wanted: str, campaigns: list[Campaign]) -> Campaign:
    """By id or name. Raises CannotTrain."""
    found = [each for each in campaigns if wanted in (each.id, each.name)]
    if len(found) != 1:
        raise CannotTrain(
            f"there is no campaign {wanted}" if not found else f"{wanted} is the name of several: use the id"
        )
    return found[0]


def heard_all(sounds: list[tuple[Path, bool]], say: Say) -> list[Labelled]:
    """What can be read and has somebody speaking."""
    calls, lost = [], 0
    for path, machine in sounds:
        try:
            call = labelled(read_sound(path), machine)
        except OSError:
            lost += 1
            continue
        calls += [call] if call is not None else []
    if lost:
        say(f"{lost} sounds could not be read, and are left out")
    return calls


def said(errors: Errors) -> str:
    return (
        f"persons called machine {errors.lost} of {errors.persons}, machines called person {errors.passed} and caught "
        f"{errors.caught} of {errors.machines}"
    )

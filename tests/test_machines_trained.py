"""`cordboard machines train`: from the labels in a data folder to the model that the next call is heard by."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cordboard.dialer.campaign import Campaign
from cordboard.dialer.machine_labels import Answerer, ScreenedCall
from cordboard.dialer.store import DialerStore
from cordboard.storage.clock import SystemClock
from cordboard.storage.data_folder import DataFolder
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from cordboard.storage.migrate import upgrade
from cordboard.storage.settings import load_settings
from cordboard.telephony import answer_own
from cordboard.telephony.answer_model import shipped
from cordboard.telephony.answer_sounds import write_sound
from cordboard.works_machines import models_of
from cordboard.works_machines_train import CannotTrain, train
from tests.fakes.answer_sounds import hiss, speech

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
CAMPAIGN = Campaign("campaign-1", "Обзвон", "orders", NOON)


@pytest.fixture
async def folder(tmp_path: Path) -> DataFolder:
    """Eight labelled calls: persons who say a word, machines that talk on; one of them is gone from the disk."""
    made = DataFolder(tmp_path)
    made.path.mkdir(exist_ok=True)
    db = Database.open(made.default_database_url())
    await upgrade(db.engine)
    store = DialerStore(db, SystemClock(), random_ids)
    await store.add_campaign(CAMPAIGN)
    for number in range(8):
        place, who = f"screened/{number}.flac", Answerer.MACHINE if number % 2 else Answerer.PERSON
        said = speech(3.0 if number % 2 else 0.5, seed=number)
        if number:
            write_sound(made.path / place, hiss(0.4) + said + hiss(2.0))
        await store.machines.add(
            ScreenedCall(str(number), CAMPAIGN.id, NOON, "not_sure", 0.6, 4.0, "waits", "balanced", sound=place)
        )
        await store.machines.told_by_agent(str(number), "maria", who, None)
    await db.close()
    return made


async def test_a_model_is_kept_and_says_how_calls_fare_that_it_was_not_made_of(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_own, "FEWEST", 3)
    said: list[str] = []
    settings = load_settings(folder.path)
    own = await train(folder, settings, "Обзвон", said.append, always=True)
    assert (own.before.persons, own.before.machines) == (3, 4)
    assert said[0] == "Обзвон: 8 labelled calls"
    assert said[1] == "1 sounds could not be read, and are left out"
    assert len(models_of(folder.path).of(CAMPAIGN.id).roots) == len(own.model.roots) > len(shipped().roots)


async def test_too_few_labels_or_no_such_campaign_are_said_in_words(folder: DataFolder) -> None:
    settings = load_settings(folder.path)
    with pytest.raises(CannotTrain, match="50 calls of persons and of machines are needed; there are 3 and 4"):
        await train(folder, settings, CAMPAIGN.id, lambda _line: None)
    with pytest.raises(CannotTrain, match="there is no campaign Долги"):
        await train(folder, settings, "Долги", lambda _line: None)
    assert models_of(folder.path).of(CAMPAIGN.id) is shipped()

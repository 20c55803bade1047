"""Pause codes as the desk offers them: those that the house has set up, or the three it begins with. Pure."""

from collections.abc import Sequence

from ..queue.setup import PauseCode, QueueSetup

FIRST_CODES = (
    PauseCode("lunch", "Обед", "Lunch"),
    PauseCode("rest", "Отдых для глаз", "Eye rest"),
    PauseCode("training", "Обучение", "Training"),
)
QUICK = "rest"


def pause_codes(setup: QueueSetup) -> Sequence[PauseCode]:
    return tuple(setup.pause_codes.values()) or FIRST_CODES


def pause_code(setup: QueueSetup, code: str | None) -> PauseCode | None:
    """The pause of that code, if the house has it."""
    return next((each for each in pause_codes(setup) if each.code == code), None)


def quick_pause(setup: QueueSetup) -> str:
    """The code of a pause that was asked for without saying which."""
    codes = [each.code for each in pause_codes(setup)]
    return QUICK if QUICK in codes else codes[0]

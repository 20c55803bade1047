"""The desk's commands, the keys that give them, and what stands against a choice of keys. Pure; texts are msgids.

A chord is written as the page hears it: `Alt+KeyA` names the place of the key, whatever letter the layout puts there; '' is no key at all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .i18n import N_, Words

MOST_CHOSEN = 40
LONGEST = 40
_FREE = re.compile(
    r"Alt\+(Shift\+)?(Key[A-Z]|Digit\d|Arrow(Up|Down)|Comma|Period|Slash|Semicolon|Quote|Bracket(Left|Right)|Minus|Equal|Backquote)"
    r"|F([246789]|10)"
)
"""What neither the browser nor the system keeps for itself, and nobody types into a field."""

_SIGNS = {
    **{"ArrowUp": "↑", "ArrowDown": "↓", "Comma": ",", "Period": ".", "Slash": "/", "Semicolon": ";", "Quote": "'"},
    **{"BracketLeft": "[", "BracketRight": "]", "Minus": "-", "Equal": "=", "Backquote": "`"},
}


@dataclass(frozen=True, slots=True)
class DeskCommand:
    """`name` says what it does; `usual` is its chord until somebody chooses another."""

    code: str
    name: str
    usual: str


COMMANDS = (
    DeskCommand("answer", N_("Ответить, принять чат"), "Alt+KeyA"),
    DeskCommand("decline", N_("Отклонить"), "Alt+KeyX"),
    DeskCommand("above", N_("Контакт выше"), "Alt+ArrowUp"),
    DeskCommand("below", N_("Контакт ниже"), "Alt+ArrowDown"),
    DeskCommand("mute", N_("Микрофон"), "Alt+KeyM"),
    DeskCommand("hold", N_("Удержать, вернуть"), "Alt+KeyH"),
    DeskCommand("third", N_("Позвать третьего"), "Alt+KeyC"),
    DeskCommand("park", N_("Оставить на парковке, забрать"), "Alt+KeyK"),
    DeskCommand("mask", N_("Не записывать: клиент называет карту"), "Alt+KeyP"),
    DeskCommand("transfer", N_("Передать другому"), "Alt+KeyT"),
    DeskCommand("dial", N_("Набрать номер"), "Alt+KeyD"),
    DeskCommand("end", N_("Завершить звонок или чат"), "Alt+KeyE"),
    DeskCommand("result", N_("Выбрать итог"), "Alt+KeyL"),
    DeskCommand("done", N_("Итог: готово"), "Alt+KeyW"),
    DeskCommand("status", N_("На линию или статус"), "Alt+KeyR"),
    DeskCommand("card", N_("В карточку заказа"), "Alt+KeyI"),
    DeskCommand("add", N_("Добавить товар"), "Alt+KeyO"),
    DeskCommand("script", N_("Шаг сценария"), "Alt+KeyS"),
    DeskCommand("note", N_("Заметка"), "Alt+KeyN"),
    DeskCommand("sound", N_("Проверить звук"), ""),
    DeskCommand("palette", N_("Все команды"), "Ctrl+KeyK"),
    DeskCommand("help", N_("Этот список"), "?"),
)
_BY_CODE = {command.code: command for command in COMMANDS}


class KeysRefused(Exception):
    """`command`: whose key cannot be this. `chord` as it was asked for; `taken_by`: the command that has it, if that is why."""

    def __init__(self, command: str, chord: str, taken_by: str = "") -> None:
        super().__init__(f"{command}: {chord}")
        self.command, self.chord, self.taken_by = command, chord, taken_by

    def words(self, speech: Words) -> str:
        """A sentence for the person who chose it."""
        if self.taken_by:
            other = speech.say(_BY_CODE[self.taken_by].name)
            return speech.say(N_("%(keys)s уже занято: %(other)s"), keys=shown(self.chord), other=other)
        return speech.say(
            N_("Такое сочетание не годится. Возьмите Alt с буквой, цифрой или знаком, либо F2, F4, F6–F10.")
        )


def chords(own: Mapping[str, str]) -> dict[str, str]:
    """The chord of every command for somebody who chose these; what he did not choose is as usual."""
    return {command.code: own.get(command.code, command.usual) for command in COMMANDS}


def shown(chord: str) -> str:
    """A chord as it is printed on keys: Alt A, Ctrl K, Alt ↑."""
    return " ".join(_SIGNS.get(part, re.sub("^(Key|Digit)", "", part)) for part in chord.split("+"))


def chosen(wanted: Mapping[str, str]) -> dict[str, str]:
    """What is to be kept of a choice: only what differs from the usual. Raises KeysRefused for a chord that cannot be, or is taken."""
    own = {code: chord for code, chord in wanted.items() if code in _BY_CODE and chord != _BY_CODE[code].usual}
    for code, chord in own.items():
        if chord and not _FREE.fullmatch(chord):
            raise KeysRefused(code, chord)
    owner: dict[str, str] = {}
    for code, chord in sorted(
        chords(own).items(), key=lambda pair: pair[0] in own
    ):  # who has chosen comes second, and is told
        if chord and chord in owner:
            raise KeysRefused(code, chord, owner[chord])
        owner[chord] = code
    return own

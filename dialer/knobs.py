"""A campaign's knobs by group: how each way of dialing behaves. A group is a frozen dataclass that refuses bad values. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from .abandonment import PRESETS
from .bad_knob import BadKnob

Setting = str | int | float | bool | None
Group = TypeVar("Group")

MAX_TEXT = 1000
MAX_RATIO = 3.0
MAX_CHANNELS = 500
MAX_SHARE = 100.0


@dataclass(frozen=True, slots=True)
class PowerKnobs:
    """`ratio`: lines for each free operator. `sorry_ru`, `sorry_en`: what is said to who answered and met nobody, "" for the house's own
    words; key 9 during it is a free way out of all calls."""

    ratio: float = 1.5
    sorry_ru: str = ""
    sorry_en: str = ""

    def __post_init__(self) -> None:
        if not 1.0 <= self.ratio <= MAX_RATIO:
            raise BadKnob("ratio", f"lines for each operator are from 1 to {MAX_RATIO:g}")
        check_texts(sorry_ru=self.sorry_ru, sorry_en=self.sorry_en)


@dataclass(frozen=True, slots=True)
class NoticeKnobs:
    """The message of a campaign without operators. Texts may hold fields in braces (notice_text.py). `recording`: a sound of the site's
    own, DIR/prompts/<language>/<recording>.wav, in the text's place. `channels`: calls at once. `on_silence`: what becomes of the lead when
    no key was pressed, "retry" by the rule of result `no_key`, or "close"."""

    text_ru: str = ""
    text_en: str = ""
    recording: str = ""
    channels: int = 10
    on_silence: str = "retry"

    def __post_init__(self) -> None:
        check_texts(text_ru=self.text_ru, text_en=self.text_en)
        if not 1 <= self.channels <= MAX_CHANNELS:
            raise BadKnob("channels", f"channels at once are from 1 to {MAX_CHANNELS}")
        if self.on_silence not in ("retry", "close"):
            raise BadKnob("on_silence", "after silence a lead is to retry or to close")
        if not all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in self.recording):
            raise BadKnob("recording", "a recording is named by latin letters, digits and hyphens")
        if len(self.recording) > 60:
            raise BadKnob("recording", "a recording's name has 60 letters at most")


@dataclass(frozen=True, slots=True)
class PreviewKnobs:
    """The operator sees the card for `timeout_s`; if he says nothing, `then`: "dial" or "skip"."""

    timeout_s: int = 30
    then: str = "skip"
    skip_s: int = 900

    def __post_init__(self) -> None:
        if not 5 <= self.timeout_s <= 600:
            raise BadKnob("timeout_s", "a card is shown for 5 to 600 s")
        if self.then not in ("dial", "skip"):
            raise BadKnob("then", "a card that nobody touched is to dial or to skip")
        if not 60 <= self.skip_s <= 86_400:
            raise BadKnob("skip_s", "a skipped lead rests for 60 to 86,400 s")


@dataclass(frozen=True, slots=True)
class BlendKnobs:
    """Outbound yields while the queue's service level is below `service_level_floor` (a share; 0: never for that), or while its
    next caller is expected to wait longer than `expected_wait_s` (0: never for that). `share`: the campaign's weight where several
    want the same operators."""

    service_level_floor: float = 0.0
    expected_wait_s: int = 0
    share: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.service_level_floor <= 1:
            raise BadKnob("service_level_floor", "a service level is a share from 0 to 1")
        if not 0 <= self.expected_wait_s <= 3600:
            raise BadKnob("expected_wait_s", "a wait is from 0 to 3,600 s")
        if not 0.1 <= self.share <= MAX_SHARE:
            raise BadKnob("share", f"a share is from 0.1 to {MAX_SHARE:g}")


def check_texts(**texts: str) -> None:
    """Raises BadKnob for the first that is too long."""
    for name, text in texts.items():
        if len(text) > MAX_TEXT:
            raise BadKnob(name, f"a text has {MAX_TEXT} letters at most")


def flat(name: str, group: Any) -> dict[str, Setting]:
    """The group's knobs by their dotted names."""
    return {f"{name}.{knob.name}": getattr(group, knob.name) for knob in fields(group)}


def unflat(name: str, kind: type[Group], knobs: Mapping[str, Setting]) -> Group:
    """The group from its dotted knobs, each of the kind that its default is of. Raises BadKnob with the dotted name, or ValueError."""
    values: dict[str, Any] = {}
    for knob in fields(kind):  # type: ignore[arg-type]
        dotted = f"{name}.{knob.name}"
        values[knob.name] = _like(dotted, knobs[dotted], knob.default)
    try:
        return kind(**values)
    except BadKnob as bad:
        raise bad.under(name) from bad


def preset(changed: Mapping[str, Setting]) -> dict[str, Setting]:
    """A jurisdiction brings its limit and window, unless they are turned together with it."""
    chosen = PRESETS.get(str(changed.get("cap.jurisdiction", "")))
    return {**({"cap.limit": chosen[0], "cap.window": chosen[1].value} if chosen else {}), **changed}


def _like(name: str, value: Setting, default: object) -> Setting:
    if isinstance(default, str):
        if isinstance(value, str):
            return value
        raise BadKnob(name, "a text is needed")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadKnob(name, "a number is needed")
    if isinstance(default, float):
        return float(value)
    if isinstance(value, int):
        return value
    raise BadKnob(name, "a whole number is needed")

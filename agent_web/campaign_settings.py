"""What the forms of a campaign's page are filled with: values, hints with what a knob may be, words of options. Pure."""

from collections.abc import Sequence
from typing import Any

from ..dialer.campaign import Campaign, settings
from ..dialer.notice_text import FIELDS
from .campaign_choices import MODES, WINDOWS, dialable, preset_of
from .campaign_fields import PERCENT, Field
from .campaign_forms import FORMS, OUTCOME_RULES, RESULT_RULES, SPECS, rule_label
from .campaign_view import clock_text
from .i18n import N_, NBSP, Words


def settings_context(campaign: Campaign, speech: Words, our_numbers: Sequence[str]) -> dict[str, Any]:
    """For campaign_settings.html. `our_numbers`: those that a trunk may show."""
    values = settings(campaign)
    return {
        "forms": FORMS,
        "values": values,
        "hints": {knob: hint_text(field, speech) for knob, field in SPECS.items()},
        "shown": lambda field: shown(field, values[field.knob], speech),
        "clock": lambda minutes: clock_text(minutes).zfill(5),
        "mode_words": MODES,
        "dialable": dialable,
        "windows": WINDOWS,
        "preset_of": preset_of,
        "outcome_rules": OUTCOME_RULES,
        "result_rules": [row for row in RESULT_RULES if row.delay.knob in values],
        "rule_label": lambda label: rule_label(label, speech),
        "text_fields": FIELDS,
        "our_numbers": our_numbers,
    }


def hint_text(field: Field, speech: Words) -> str:
    """What the knob may be, in the unit that is shown; what it does; what an empty box means."""
    return "; ".join(
        part for part in (_range(field, speech), _said(field.hint, speech), _said(field.empty, speech)) if part
    )


def _range(field: Field, speech: Words) -> str:
    if field.low is None or field.high is None:
        return ""
    said = speech.say(N_("от %(low)s до %(high)s"), low=speech.number(field.low), high=speech.number(field.high))
    unit = field.unit if field.unit == PERCENT else _said(field.unit, speech)
    return f"{said}{NBSP}{unit}" if unit else said


def _said(text: str, speech: Words) -> str:
    return speech.say(text) if text else ""


def shown(field: Field, value: object, speech: Words) -> str:
    """A number as one types it, in the unit that is shown; "" for none."""
    if not isinstance(value, int | float):
        return ""
    text = f"{round(value / field.scale, 6):.6f}".rstrip("0").rstrip(".")
    return text.replace(".", "," if speech.language == "ru" else ".")

"""Which numbers of ours a campaign shows: those that it names, as far as the trunk's carrier lets us show them. Pure."""

from collections.abc import Sequence

from .campaign import MAX_SHOWN, CampaignRefused, shown_numbers
from .trunk import Trunk, is_e164

KNOB = "caller_id"


def check_shown(text: str, trunks: Sequence[Trunk]) -> None:
    """Raises CampaignRefused for a text (numbers, apart by spaces, commas or lines) that names a number which is none, or which no trunk
    may show. A trunk without a pool shows what it is told."""
    numbers = shown_numbers(text)
    if len(numbers) > MAX_SHOWN:
        raise CampaignRefused(KNOB, f"a campaign shows at most {MAX_SHOWN} numbers")
    if not all(is_e164(number) for number in numbers):
        raise CampaignRefused(KNOB, "every number is written as +74951234567: plus, country, number, nothing else")
    if len(set(numbers)) < len(numbers):
        raise CampaignRefused(KNOB, "a number is named twice")
    if all(trunk.caller_ids for trunk in trunks):
        known = {number for trunk in trunks for number in trunk.caller_ids}
        if foreign := [number for number in numbers if number not in known]:
            raise CampaignRefused(KNOB, f"no trunk may show {foreign[0]}")

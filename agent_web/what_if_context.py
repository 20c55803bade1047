"""What the panel of "what would happen" is filled with on a campaign's page, and the forecasts that were applied."""

from typing import Any

from ..dialer.campaign import Campaign, settings
from ..dialer.what_if import SIMULATED
from .campaign_choices import MODES
from .house import House
from .i18n import Words
from .what_if_view import comparison

LOOKED_BACK = 300


async def what_if_context(house: House, campaign: Campaign, on_line: int, speech: Words) -> dict[str, Any]:
    """For campaign_what_if.html and campaign_forecasts.html."""
    kept = await house.dialer.what_if.compared(campaign.id)
    changes = await house.dialer.changes(campaign.id, LOOKED_BACK) if kept else []
    now_set = settings(campaign)
    return {
        "simulated": [(mode.value, MODES[mode][0]) for mode in SIMULATED],
        "supposed_operators": max(1, on_line),
        "supposed_lines": max(1, sum(state.trunk.channels for state in house.dialer.trunks.states())),
        "comparisons": [comparison(each, changes, now_set, speech) for each in kept],
    }

"""A save: all knobs of a campaign that were turned at once. It is taken back as one. Pure."""

from collections.abc import Mapping, Sequence

from .campaign import Campaign, Change, Setting, settings, with_settings


class Overruled(Exception):
    """A later change touched the same knobs: taking the save back would undo that too. `fields`: those knobs."""

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = tuple(fields)


def saves(changes: Sequence[Change]) -> list[tuple[Change, ...]]:
    """The changes by save, in the order in which they come. One of the time before saves were known stands alone."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.save_id or change.id, []).append(change)
    return [tuple(each) for each in found.values()]


def overruled(save: Sequence[Change], now_set: Mapping[str, Setting]) -> list[str]:
    """The knobs that do not stand any more where the save put them."""
    return [change.field for change in save if now_set.get(change.field) != change.new]


def taken_back(campaign: Campaign, save: Sequence[Change]) -> Campaign:
    """All knobs of the save where they stood before it. Raises Overruled, CampaignRefused."""
    now_set = settings(campaign)
    if fields := overruled(save, now_set):
        raise Overruled(fields)
    knobs = {change.field: change.old for change in save}
    if "cap.jurisdiction" in knobs:  # the country's rules do not bring their limit and window along
        knobs = {name: now_set[name] for name in ("cap.limit", "cap.window")} | knobs
    return with_settings(campaign, knobs)

"""A list of leads on its way into a campaign: one unit, from its file to its last lead, or back. Pure.

received -> checking -> checked -> loading -> loaded -> taking_back -> taken_back
               │  └──────(no bad row)──^ └──────────────────^
               └> failed     cancelled <- received, checking, checked

Nothing of it is a lead before every row was read; from then on it goes on to its end, over any restart, or is taken back as a whole.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from .csv_form import Form


class ImportState(StrEnum):
    RECEIVED = "received"
    CHECKING = "checking"
    CHECKED = "checked"
    LOADING = "loading"
    LOADED = "loaded"
    TAKING_BACK = "taking_back"
    TAKEN_BACK = "taken_back"
    CANCELLED = "cancelled"
    FAILED = "failed"


AT_WORK = frozenset({ImportState.CHECKING, ImportState.LOADING, ImportState.TAKING_BACK})
"""In these the engine has something to do."""
OVER = frozenset({ImportState.LOADED, ImportState.TAKEN_BACK, ImportState.CANCELLED, ImportState.FAILED})

NO_GOOD_ROW = "no row makes a lead"
FILE_GONE = "the file is not on this machine any more"
UNREADABLE = "the file could not be read to its end"


@dataclass(frozen=True, slots=True)
class LeadImport:
    """`size` of the file in bytes. `rows` = `good` + `bad` once it is checked. `read_to`: bytes of the staged leads that are poured;
    `made` leads came of them, `known` were there already. `skip_bad`: bad rows are left out, instead of stopping it."""

    id: str
    campaign_id: str
    created_at: datetime
    actor_id: str
    file_name: str
    size: int
    state: ImportState = ImportState.RECEIVED
    form: Form | None = None
    rows: int = 0
    good: int = 0
    bad: int = 0
    read_to: int = 0
    made: int = 0
    known: int = 0
    skip_bad: bool = False
    reason: str | None = None


class ImportRefused(Exception):
    """That cannot be done with the import as it stands; the text is a reason fit for a screen."""


def started(one: LeadImport, form: Form, *, skip_bad: bool) -> LeadImport:
    """Read it by this form; a list that was read by another may be read again."""
    if one.state not in (ImportState.RECEIVED, ImportState.CHECKED):
        raise ImportRefused("the list is loaded already, or was given up")
    plain = replace(one, rows=0, good=0, bad=0, reason=None)
    return replace(plain, state=ImportState.CHECKING, form=form, skip_bad=skip_bad)


def checked(one: LeadImport, *, rows: int, good: int, bad: int) -> LeadImport:
    """Every row was read. With bad rows somebody decides, unless he did before."""
    if one.state is not ImportState.CHECKING:
        raise ImportRefused("the list is not being checked")
    counted = replace(one, rows=rows, good=good, bad=bad)
    if good and (skip := one.skip_bad or not bad):
        return replace(counted, state=ImportState.LOADING, skip_bad=skip and bool(bad))
    return replace(counted, state=ImportState.CHECKED, reason=None if good else NO_GOOD_ROW)


def accepted(one: LeadImport) -> LeadImport:
    """Load the good rows, and leave the bad ones out."""
    if one.state is not ImportState.CHECKED or not one.good:
        raise ImportRefused("there is nothing to load")
    return replace(one, state=ImportState.LOADING, skip_bad=True)


def poured(one: LeadImport, *, read_to: int, made: int, known: int) -> LeadImport:
    """A batch of its leads is in the campaign."""
    if one.state is not ImportState.LOADING:
        raise ImportRefused("the list is not being loaded")
    return replace(one, read_to=read_to, made=one.made + made, known=one.known + known)


def loaded(one: LeadImport) -> LeadImport:
    if one.state is not ImportState.LOADING:
        raise ImportRefused("the list is not being loaded")
    return replace(one, state=ImportState.LOADED)


def failed(one: LeadImport, reason: str) -> LeadImport:
    """It cannot go on: what there is of it already is taken back."""
    state = ImportState.TAKING_BACK if one.state is ImportState.LOADING else ImportState.FAILED
    return replace(one, state=state, reason=reason)


def stopped(one: LeadImport, *, dialed: bool) -> LeadImport:
    """Cancel or undo. `dialed`: whether anybody of the list was called; then only a load that goes on can still be stopped."""
    match one.state:
        case ImportState.RECEIVED | ImportState.CHECKING | ImportState.CHECKED:
            return replace(one, state=ImportState.CANCELLED)
        case ImportState.LOADING:
            return replace(one, state=ImportState.TAKING_BACK)
        case ImportState.LOADED if not dialed:
            return replace(one, state=ImportState.TAKING_BACK)
        case ImportState.LOADED:
            raise ImportRefused("some of the list were called already; withdraw the others instead")
        case _:
            raise ImportRefused("the list is taken back or given up already")


def taken_back(one: LeadImport) -> LeadImport:
    if one.state is not ImportState.TAKING_BACK:
        raise ImportRefused("the list is not being taken back")
    return replace(one, state=ImportState.TAKEN_BACK)

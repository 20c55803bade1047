"""How a lead stands, in words. Pure; texts are msgids."""

from ..dialer.lead import LeadState
from .i18n import N_

STATES = {
    LeadState.FRESH: N_("ещё не звонили"),
    LeadState.DUE: N_("пора звонить снова"),
    LeadState.DIALING: N_("набираем"),
    LeadState.CONNECTED: N_("на связи"),
    LeadState.RETRY_AT: N_("ждёт своего часа"),
    LeadState.DONE: N_("закончен"),
    LeadState.DO_NOT_CALL: N_("не звонить"),
}

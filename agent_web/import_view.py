"""What the page of a list says. Pure; texts are msgids."""

from ..dialer.csv_form import Kind
from ..dialer.lead_import import ImportState, LeadImport
from .i18n import N_

COLUMNS = {
    Kind.PHONE: N_("Телефон"),
    Kind.NAME: N_("Имя клиента"),
    Kind.EXTERNAL_ID: N_("Ваш код"),
    Kind.ORDER_TOTAL: N_("Сумма, ₽"),
    Kind.TIME_ZONE: N_("Часовой пояс"),
    Kind.PLACED_AT: N_("Дата заказа"),
    Kind.FIELD: N_("Своё поле"),
    Kind.SKIP: N_("Не брать"),
}
ENCODING_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 (BOM)",
    "cp1251": "Windows-1251",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp866": "CP866",
    "koi8-r": "KOI8-R",
    "cp1252": "Windows-1252",
}
DELIMITER_NAMES = {";": N_("точка с запятой"), ",": N_("запятая"), "\t": N_("табуляция"), "|": N_("черта")}
STATES = {
    ImportState.RECEIVED: ("eye", N_("проверьте колонки")),
    ImportState.CHECKING: ("spin", N_("читаем строки")),
    ImportState.CHECKED: ("alert", N_("есть строки с ошибками, решите вы")),
    ImportState.LOADING: ("spin", N_("загружаем")),
    ImportState.LOADED: ("check", N_("загружен")),
    ImportState.TAKING_BACK: ("spin", N_("убираем назад")),
    ImportState.TAKEN_BACK: ("undo", N_("убран назад")),
    ImportState.CANCELLED: ("x", N_("отменён")),
    ImportState.FAILED: ("alert", N_("не прочитан")),
}


def share(one: LeadImport, checked_to: int) -> int:
    """How far it is, in percent of what is being done now."""
    match one.state:
        case ImportState.CHECKING:
            return min(99, 100 * checked_to // max(1, one.size))
        case ImportState.LOADING:
            return min(99, 100 * (one.made + one.known) // max(1, one.good))
        case ImportState.TAKING_BACK:
            return 0 if one.good == 0 else max(0, 100 - 100 * one.made // one.good)
        case _:
            return 100

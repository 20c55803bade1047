"""What can be chosen on a campaign's page, in words: modes, countries, windows, days. Pure; texts are msgids."""

from ..dialer.abandonment import PRESETS, Window
from ..dialer.calling_hours import WEEKDAYS
from ..dialer.campaign import DIALED_MODES, DialMode
from .i18n import N_

MODES = {
    DialMode.PROGRESSIVE: (N_("один к одному"), N_("свободный оператор, один звонок")),
    DialMode.POWER: (N_("несколько линий на оператора"), N_("звоним с запасом; потери держит предел")),
    DialMode.PREVIEW: (N_("сначала карточка"), N_("оператор видит карточку, потом набираем")),
    DialMode.MANUAL: (N_("вручную"), N_("оператор сам выбирает из списка")),
    DialMode.AGENTLESS: (N_("сообщение без оператора"), N_("говорим текст и слушаем клавиши")),
    DialMode.PREDICTIVE: (N_("с предсказанием"), N_("звоним по прогнозу; потери держит предел")),
}
JURISDICTIONS = {
    "ru": N_("Россия"),
    "us-ftc": N_("США"),
    "uk-ofcom": N_("Великобритания"),
    "": N_("Не по стране"),
}
WINDOWS = {
    Window.DAY.value: N_("день"),
    Window.ROLLING_DAY.value: N_("24 часа"),
    Window.MONTH.value: N_("30 дней"),
}
OVER_WINDOW = {
    Window.DAY.value: N_("за день"),
    Window.ROLLING_DAY.value: N_("за 24 часа"),
    Window.MONTH.value: N_("за 30 дней"),
}
POINTS_WORDS = {
    "off": N_("нет"),
    "cautious": N_("осторожно"),
    "balanced": N_("взвешенно"),
    "eager": N_("смело"),
}
DAYS = dict(
    zip(
        WEEKDAYS,
        (
            *(N_("Понедельник"), N_("Вторник"), N_("Среда"), N_("Четверг")),
            *(N_("Пятница"), N_("Суббота"), N_("Воскресенье")),
        ),
        strict=True,
    )
)


def dialable(mode: DialMode) -> bool:
    """Whether the mode can be chosen."""
    return mode in DIALED_MODES


def preset_of(jurisdiction: str) -> tuple[float, str] | None:
    """Limit (a share) and window that a country's rules bring."""
    chosen = PRESETS.get(jurisdiction)
    return (chosen[0], chosen[1].value) if chosen else None

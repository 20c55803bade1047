"""Why a campaign cannot be run like this, in Russian. The key is the English reason that the dialer gives. Pure."""

import re

from ..dialer.abandonment import MAX_LIMIT, PRESETS, Window
from ..dialer.attempt_limits import LONGEST_GAP_S, LONGEST_PEACE_H, MOST
from ..dialer.campaign import MAX_GROWTH, MAX_RING_S, MAX_SEGMENTS, MAX_SHOWN, MIN_RING_S
from ..dialer.knobs import MAX_CHANNELS, MAX_RATIO, MAX_SHARE, MAX_TEXT
from ..dialer.machine_knobs import MACHINE_POINTS
from ..dialer.notice_text import FIELDS
from ..dialer.sources import MAX_MISSED_S, MAX_UNCONFIRMED_MIN
from ..dialer.what_if import LONGEST_MIN, MOST_LINES, MOST_OPERATORS, SHORTEST_MIN

REASONS_RU = {
    "a campaign has a name": "У кампании есть название",
    "a campaign needs a queue whose agents talk": "Кампании нужна очередь, операторы которой говорят с клиентами",
    "a campaign without operators needs a text or a recording to say": (
        "Без оператора нужен текст или запись, иначе клиент услышит тишину"
    ),
    "a brace is open": "Фигурная скобка не закрыта",
    f"let it ring for {MIN_RING_S} to {MAX_RING_S} s": f"Пусть звонит от {MIN_RING_S} до {MAX_RING_S} с",
    f"at most {MAX_SEGMENTS} segments have points": f"Очки есть не больше чем у {MAX_SEGMENTS} сегментов",
    "a campaign calls on one day of the week at least": "Хотя бы в один день недели кампания звонит",
    f"a limit of attempts is 1 to {MOST}, or none at all": f"Предел попыток от 1 до {MOST}, пусто: без предела",
    f"the time between two calls is 0 to {LONGEST_GAP_S} s": (
        f"Между двумя звонками от 0 до {LONGEST_GAP_S // 60} мин, это неделя"
    ),
    f"who was reached is left in peace for 0 to {LONGEST_PEACE_H} h": f"Покой от 0 до {LONGEST_PEACE_H} ч, это неделя",
    "who may have been rung is left in peace for 15 min": "Кому мы, может быть, звонили, того не трогаем 15 мин",
    "a delay and a number of attempts are never negative": "Пауза и число попыток не бывают меньше нуля",
    "without a limit of attempts there must be a delay": "Если попыток сколько угодно, между ними нужна пауза",
    f"a delay grows by 1 (not at all) to {MAX_GROWTH:g} times": (
        f"Пауза растёт от 1 (не растёт) до {MAX_GROWTH:g} раз"
    ),
    f"a campaign shows at most {MAX_SHOWN} numbers": f"Номеров у кампании до {MAX_SHOWN}",
    "every number is written as +74951234567: plus, country, number, nothing else": "Каждый номер пишется как +74951234567, без пробелов",
    "a number is named twice": "Номер назван дважды",
    "it was turned again since": "С тех пор её меняли снова",
    "no such setting": "Такой настройки нет",
    "a text is needed": "Нужен текст",
    "a number is needed": "Нужно число",
    "a whole number is needed": "Нужно целое число",
    f"a jurisdiction is one of {', '.join(PRESETS)}, or empty": f"Правила страны: {', '.join(PRESETS)} или пусто",
    f"the limit is a share from 0 to {MAX_LIMIT}": f"Предел от 0 до {100 * MAX_LIMIT:g} %",
    "the share of false machine verdicts is from 0 to 1": "Доля людей от 0 до 100 %",
    "a group's name has 40 letters at most": "В имени группы до 40 знаков",
    "calling hours open before they close, within one day": "Начало раньше конца, в пределах одного дня",
    'the hours of a day are written as 10:00-18:00 or as "closed"': "Начало раньше конца, например с 10:00 до 18:00",
    f"lines for each operator are from 1 to {MAX_RATIO:g}": f"Линий на оператора от 1 до {MAX_RATIO:g}",
    f"a text has {MAX_TEXT} letters at most": f"В тексте до {MAX_TEXT} знаков",
    f"channels at once are from 1 to {MAX_CHANNELS}": f"Каналов сразу от 1 до {MAX_CHANNELS}",
    "after silence a lead is to retry or to close": "После тишины: повторить или закрыть",
    "a recording is named by latin letters, digits and hyphens": "Имя записи: латинские буквы, цифры и дефис",
    "a recording's name has 60 letters at most": "В имени записи до 60 знаков",
    "a card is shown for 5 to 600 s": "Карточка на экране от 5 до 600 с",
    "a card that nobody touched is to dial or to skip": "Нетронутая карточка: позвонить или пропустить",
    "a skipped lead rests for 60 to 86,400 s": "Пропущенный отдыхает от 1 до 1440 мин, это сутки",
    "a service level is a share from 0 to 1": "Уровень сервиса от 0 до 100 %",
    "a wait is from 0 to 3,600 s": "Ожидание от 0 до 3600 с",
    f"a share is from 0.1 to {MAX_SHARE:g}": f"Вес от 0,1 до {MAX_SHARE:g}",
    f"unconfirmed after 1 to {MAX_UNCONFIRMED_MIN} min": f"Не подтверждён от 1 до {MAX_UNCONFIRMED_MIN} мин, это неделя",
    f"a basket is abandoned after 1 to {MAX_UNCONFIRMED_MIN} min": f"Корзина брошена от 1 до {MAX_UNCONFIRMED_MIN} мин, это неделя",
    f"a missed call waited for 0 to {MAX_MISSED_S} s": f"Пропущенный звонок ждал от 0 до {MAX_MISSED_S} с",
    f"a window is one of {', '.join(Window)}": f"Предел считают за {', '.join(Window)}",
    "the share drawn for listening is from 0 to 1": "На прослушивание отбираем от 0 до 100 %",
    f"machines are told at one of {', '.join(MACHINE_POINTS)}": "Различать: нет, осторожно, взвешенно или смело",
    "a weight is a number from -1000 to 1000": "Вес: число от −1000 до 1000",
    "the forecast knows nothing of this setting": "Этой настройки прогноз не знает",
    "what would happen is told of progressive, power and predictive": (
        "Что будет, скажем для режимов «один к одному», «несколько линий» и «с предсказанием»"
    ),
    "nothing is changed": "Ничего не изменено: смените что-нибудь и посчитайте",
    f"operators: a whole number from 1 to {MOST_OPERATORS}": f"Операторов от 1 до {MOST_OPERATORS}",
    f"lines: a whole number from 1 to {MOST_LINES}": f"Линий от 1 до {MOST_LINES}",
    f"minutes: a whole number from {SHORTEST_MIN} to {LONGEST_MIN}": f"Минут от {SHORTEST_MIN} до {LONGEST_MIN}",
}
_NOT_SHOWN = re.compile(r"no trunk may show (\+[0-9]+)")
_NO_FIELD = re.compile(r"(\{.*\}) is no field; there are .*")


def in_russian(reason: str) -> str:
    """A reason that is no campaign's stays as it is."""
    if found := _NO_FIELD.fullmatch(reason):
        return f"Поля {found[1]} нет, есть {', '.join(FIELDS)}"
    if found := _NOT_SHOWN.fullmatch(reason):
        return f"Ни одна линия не показывает {found[1]}"
    return REASONS_RU.get(reason, reason)

"""Errors in two languages. The key is the English text that the code raises; tests hold that none is missing."""

from ..shop.order import OrderStatus
from .i18n import Language

RUSSIAN = {
    "sign in first": "Сначала войдите",
    "your role may not do this": "Вашей роли это не разрешено",
    "this request came from another site": "Запрос пришёл с другого сайта",
    "the order was refused": "Заказ не принят",
    "some fields are wrong": "Некоторые поля заполнены неверно",
    "the request could not be read": "Запрос не удалось прочитать",
    "there is nothing here": "Здесь ничего нет",
    "this address does not take this method": "Так к этому адресу обращаться нельзя",
    "the request is larger than 1 MB": "Запрос больше 1 МБ",
    "something broke on our side; try again": "Сломалось у нас, попробуйте ещё раз",
    "nothing can be kept or looked up at the moment; try again": "Сейчас ничего не сохранить и не найти, попробуйте ещё раз",
    "another engine leads; this one stands by": "Работает другой экземпляр, этот ждёт наготове",
    "there is no such order": "Такого заказа нет",
    "there is no such change of this order": "У этого заказа нет такой правки",
    "somebody else changed the order meanwhile": "Заказ тем временем изменил кто-то другой",
    "the order can no longer be changed": "Заказ уже нельзя изменить",
    "there is no such recording": "Такой записи нет",
    "the sound of this recording is not there": "Звука этой записи нет",
    "there is no such agent": "Такого оператора нет",
    "the agent cannot be sent there now": "Сейчас оператора туда не перевести",
    "there is no such campaign": "Такой кампании нет",
    "there is no such lead of this campaign": "В этой кампании такого номера нет",
    "these weights cannot be read": "Такие веса не прочитать",
    "there is no such change of this campaign": "У этой кампании нет такой правки",
    "the campaign cannot be run like this": "С такими настройками обзвон не пойдёт",
    "there is no robot here": "Робота здесь нет",
    "your own password is not changed like this": "Свой пароль так не меняют",
    "there is no such user": "Такого пользователя нет",
    "this login is taken": "Такой логин уже есть",
    "you cannot switch yourself off": "Нельзя отключить самого себя",
    "there is no such customer": "Такого клиента нет",
    "there is no such result": "Такого результата нет",
    "the queues of this house are not set up here": "Очереди этого дома настраиваются не здесь",
    "the queues cannot be set up like this": "Так очереди настроить нельзя",
    "somebody else changed this meanwhile; load the page again": "Это тем временем изменил кто-то другой, обновите страницу",
    "there are contacts in this queue; wait until it is empty": "В этой очереди есть контакты, подождите, пока она опустеет",
    "a campaign calls for this queue": "Для этой очереди работает обзвон",
    "you have no seat in the queue; ask the supervisor": "Для вас нет места в очереди, скажите супервизору",
    "a hidden number cannot become a customer's card": "Скрытый номер нельзя завести карточкой клиента",
    "this contact is not with you any more": "Этот контакт уже не у вас",
    "this contact cannot be passed on there now": "Туда сейчас не передать: этот оператор уже не на линии, или такой очереди нет",
    "name a queue or an operator": "Назовите очередь или оператора",
    "a call is answered in the telephone": "На звонок отвечают в телефоне",
    "there is no such pause here; choose another": "Такой паузы здесь нет, выберите другую",
    "nobody has such an order or telephone": "Ни заказа, ни клиента с таким номером нет",
    "this status cannot be chosen right now": "Сейчас этот статус выбрать нельзя",
    "the time for the result is over": "Время на итог вышло",
    "the result is already written, or its time is over": "Итог уже записан, или время на него вышло",
    "choose a time that is still to come": "Выберите время, которое ещё не прошло",
    "the message is empty": "В сообщении нет ни слова",
    "a message has at most 4,000 letters; split it into several": "В сообщении не больше 4000 знаков, разделите его на части",
    "you write faster than we can read; the message will go a little later": "Вы пишете слишком часто, сообщение уйдёт чуть позже",
    "too many chats were begun from your network; try again in a minute": (
        "Из вашей сети начали слишком много чатов, попробуйте через минуту"
    ),
    "too many chats are open from your network; try again later": "Из вашей сети открыто слишком много чатов, попробуйте позже",
    "a call back cannot be kept for you now; wait on, please": "Сейчас звонок не сохранить, подождите, пожалуйста, ещё",
    "this does not look like a phone number": "Это не похоже на телефон",
    "this chat has ended": "Этот чат завершён",
    "there is no such chat": "Такого чата нет",
    "this chat is not with you any more": "Этот чат уже не у вас",
    "your browser does not keep cookies for this page; allow them and try again": (
        "Браузер не хранит cookie этой страницы: разрешите их и попробуйте ещё раз"
    ),
    "an order has 1 to {most} lines": "В заказе от 1 до {most} строк",
    "must be between 1 and {most}": "Нужно число от 1 до {most}",
    "must be between 0 and {most} kopecks": "Нужна сумма от 0 до {most} копеек",
    "stands in the order twice; add the quantities": "Стоит в заказе дважды, сложите количество",
    "the shop has no such product": "Такого товара в магазине нет",
    "an order that is {status} can no longer be changed": "Заказ в состоянии «{status}» уже нельзя изменить",
    "an order that is {status} cannot become {wanted}": "Из состояния «{status}» нельзя перейти в «{wanted}»",
    "only a cancelled order has one": "Причина бывает только у отменённого заказа",
    "say why the order is cancelled": "Назовите причину отмены",
    "must not be empty": "Не может быть пустым",
    "lies in the future; check the clock and the time zone": "Это в будущем: проверьте часы и часовой пояс",
    "the items come to {sum} kopecks": "Сумма по строкам {sum} копеек",
    "another order has this number": "Этот номер уже у другого заказа",
    "this page has waited too long; call again": "Страница открыта слишком давно, позвоните ещё раз",
    "this call was already begun; call again": "Этот звонок уже начат, позвоните ещё раз",
    "this page may not call; load it again": "С этой страницы позвонить нельзя, загрузите её ещё раз",
    "your browser sent more than a call needs; load the page again": "Браузер прислал лишнее, загрузите страницу ещё раз",
    "your browser sent what we cannot read; load the page again, or try another browser": (
        "Не удалось понять браузер: загрузите страницу ещё раз или откройте её в другом браузере"
    ),
    "your browser offered no sound; allow the microphone and call again": (
        "Браузер не предложил звук: разрешите микрофон и позвоните ещё раз"
    ),
    "your browser does not speak the sound of telephones; try another browser": (
        "Браузер не умеет телефонный звук, откройте страницу в другом"
    ),
    "your browser offered more than sound; load the page again": "Браузер предложил не только звук, загрузите страницу ещё раз",
    "too many calls from your network; try again in a minute": "Слишком много звонков из вашей сети, попробуйте через минуту",
    "all lines are busy; try again in a minute": "Все линии заняты, попробуйте через минуту",
    "calls from the site do not work right now; try again soon": "Звонки с сайта сейчас не работают, попробуйте немного позже",
    "this is not a phone number; correct it or leave it empty": "Это не номер телефона: исправьте его или оставьте пустым",
    "Bad Request": "Неверный запрос",
    "Unauthorized": "Нужно войти",
    "Forbidden": "Нет доступа",
    "Not Found": "Не найдено",
    "Method Not Allowed": "Так нельзя",
    "Conflict": "Не совпало",
    "Content Too Large": "Слишком большой запрос",
    "Request Entity Too Large": "Слишком большой запрос",
    "Unprocessable Entity": "Не подходит",
    "Unprocessable Content": "Не подходит",
    "Too Many Requests": "Слишком часто",
    "Internal Server Error": "Сбой у нас",
    "Service Unavailable": "Пока недоступно",
}

STATUSES = {
    OrderStatus.NEW: "новый",
    OrderStatus.TO_CONFIRM: "ждёт подтверждения",
    OrderStatus.CONFIRMED: "подтверждён",
    OrderStatus.POSTPONED: "отложен",
    OrderStatus.CANCELLED: "отменён",
    OrderStatus.SHIPPED: "в пути",
    OrderStatus.DELIVERED: "доставлен",
}


def say(language: Language, template: str, **values: int | OrderStatus) -> str:
    """The text in the reader's language, statuses in words; a text without a translation stays English."""
    words = {name: _word(language, value) for name, value in values.items()}
    said = RUSSIAN.get(template, template) if language == "ru" else template
    return said.format(**words) if values else said


def _word(language: Language, value: int | OrderStatus) -> str:
    if not isinstance(value, OrderStatus):
        return str(value)
    return STATUSES[value] if language == "ru" else value.value.replace("_", " ")

"""The demo shop's dialog scripts: confirm an order, postpone it, take a claim about quality."""

from collections.abc import Sequence

from ..knowledge.script import Action, ActionKind, Answer, Rule, Script, Step, StepKind, Words

YES = Words("Да", "Yes")


def say(code: str, ru: str, en: str, to: str, *, hint: Words | None = None) -> Step:
    return Step(code, StepKind.SAY, Words(ru, en), to, hint=hint)


def ask(code: str, ru: str, en: str, *answers: Answer, hint: Words | None = None) -> Step:
    """A question that is to be asked."""
    return Step(code, StepKind.ASK, Words(ru, en), answers=answers, required=True, hint=hint)


def end(code: str, ru: str, en: str, result: str) -> Step:
    return Step(code, StepKind.END, Words(ru, en), result=result)


def do(code: str, ru: str, en: str, to: str, action: Action, *, required: bool = True) -> Step:
    return Step(code, StepKind.DO, Words(ru, en), to, action=action, required=required)


def answer(code: str, ru: str, en: str, to: str) -> Answer:
    return Answer(code, Words(ru, en), to)


HELLO = (
    "{customer.name}, здравствуйте! Меня зовут {operator.name}, магазин «{shop.name}». Я по поводу вашего заказа № {order.number}.",
    "Hello, {customer.name}! My name is {operator.name}, I am with {shop.name}. It is about your order No. {order.number}.",
)
BOOK = Action(ActionKind.BOOK_CALLBACK, asks=Words("Как сказал клиент", "In the customer's words"))
WHEN = (
    "Когда вам удобно, чтобы мы перезвонили?",
    "When would be a good time for us to call you back?",
)
LATER = (
    "Договорились, перезвоним: {said.later}. Спасибо, до свидания!",
    "Agreed, we will call you: {said.later}. Thank you, goodbye!",
)
CANCEL = Action(ActionKind.CHANGE_STATUS, "cancelled", asks=Words("Причина отказа", "Why it is cancelled"))
WHY = (
    "Понимаю. Подскажите, пожалуйста, что вас не устроило?",
    "I understand. May I ask what made you change your mind?",
)
CANCELLED = (
    "Заказ № {order.number} отменяем, платить ничего не нужно. Всего доброго!",
    "Order No. {order.number} is cancelled, there is nothing to pay. Goodbye!",
)
ADDRESS = Action(ActionKind.SET_FIELD, "delivery_address", asks=Words("Новый адрес", "The new address"))
SLOT = Action(ActionKind.SET_FIELD, "delivery_slot", asks=Words("День и время доставки", "Day and time of delivery"))

CONFIRM = Script(
    code="confirm",
    title=Words("Подтвердить заказ", "Confirm an order"),
    rule=Rule(order_statuses=frozenset({"new", "to_confirm", "changed"})),
    steps=(
        say("hello", *HELLO, "ready"),
        ask(
            "ready",
            "Удобно сейчас пару минут поговорить?",
            "Do you have a couple of minutes now?",
            answer("yes", "Да, удобно", "Yes", "items"),
            answer("later", "Нет, позже", "Not now", "later"),
            answer("no_need", "Заказ не нужен", "No longer wants it", "why"),
        ),
        ask(
            "items",
            "Давайте сверим состав: {order.items}. Всего {order.total}. Всё верно?",
            "Let us go through it: {order.items}. {order.total} in total. Is that right?",
            answer("yes", "Всё верно", "All right", "address"),
            answer("change", "Нужно поменять", "Something changes", "changed"),
            answer("no_need", "Заказ не нужен", "No longer wants it", "why"),
        ),
        say(
            "changed",
            "Поправили. Теперь в заказе {order.items}, всего {order.total}.",
            "Done. Now there is {order.items}, {order.total} in total.",
            "address",
            hint=Words("Сначала измените товары в карточке заказа.", "Change the items in the order card first."),
        ),
        ask(
            "address",
            "Привезём по адресу: {order.delivery_address}. Верно?",
            "We deliver to {order.delivery_address}. Is that right?",
            answer("yes", "Верно", "Right", "slot"),
            answer("no", "Другой адрес", "Another address", "new_address"),
        ),
        do("new_address", "Продиктуйте, пожалуйста, адрес.", "Could you tell me the address, please?", "slot", ADDRESS),
        ask(
            "slot",
            "Доставка: {order.delivery_slot}. Вам подходит?",
            "Delivery: {order.delivery_slot}. Does that suit you?",
            answer("yes", "Подходит", "It does", "pay"),
            answer("no", "Другое время", "Another time", "new_slot"),
        ),
        do("new_slot", "Когда вам удобно принять заказ?", "When could you receive it?", "pay", SLOT),
        say(
            "pay",
            "К оплате {order.total}. Способ оплаты: {order.payment}.",
            "{order.total} to pay. Payment: {order.payment}.",
            "confirm",
        ),
        do(
            "confirm",
            "Спасибо! Подтверждаю заказ.",
            "Thank you! I am confirming the order.",
            "bye",
            Action(ActionKind.CHANGE_STATUS, "confirmed"),
        ),
        end(
            "bye",
            "Готово, заказ № {order.number} подтверждён. Ждите нас: {order.delivery_slot}. Хорошего дня!",
            "Order No. {order.number} is confirmed. Expect us: {order.delivery_slot}. Have a good day!",
            "confirmed",
        ),
        do("later", *WHEN, "later_bye", BOOK),
        end("later_bye", *LATER, "postponed"),
        do("why", *WHY, "cancelled", CANCEL),
        end("cancelled", *CANCELLED, "cancelled"),
    ),
)

POSTPONE = Script(
    code="postpone",
    title=Words("Перенести заказ", "Postpone an order"),
    rule=Rule(order_statuses=frozenset({"postponed", "confirmed", "delivery_problem"})),
    steps=(
        say("hello", *HELLO, "what"),
        ask(
            "what",
            "Сейчас доставка назначена так: {order.delivery_slot}. Как поступим?",
            "Delivery is set for {order.delivery_slot} now. What shall we do?",
            answer("keep", "Оставить как есть", "Leave it", "keep"),
            answer("slot", "Назначить другое время", "Another time", "new_slot"),
            answer("unsure", "Пока не знает", "Cannot say yet", "reason"),
            answer("no_need", "Заказ не нужен", "No longer wants it", "why"),
        ),
        do("new_slot", "На какой день и время перенести?", "Which day and time would suit you?", "address", SLOT),
        ask(
            "address",
            "Адрес прежний: {order.delivery_address}?",
            "Is the address still {order.delivery_address}?",
            answer("yes", "Прежний", "The same", "keep"),
            answer("no", "Другой", "Another", "new_address"),
        ),
        do("new_address", "Продиктуйте, пожалуйста, адрес.", "Could you tell me the address, please?", "keep", ADDRESS),
        do(
            "keep",
            "Хорошо, так и записываю.",
            "Very well, I am noting it down.",
            "bye",
            Action(ActionKind.CHANGE_STATUS, "confirmed"),
        ),
        end(
            "bye",
            "Привезём: {order.delivery_slot}. Если планы изменятся, позвоните нам. До свидания!",
            "We will deliver: {order.delivery_slot}. If your plans change, give us a call. Goodbye!",
            "changed",
        ),
        Step(
            "reason",
            StepKind.WRITE,
            Words("Хорошо, подождём. Что мешает определиться?", "Fine, we can wait. What does it depend on?"),
            "hold",
            hint=Words(
                "Запишите своими словами: это увидит тот, кто позвонит следующим.",
                "Write it down: whoever calls next will read it.",
            ),
        ),
        do(
            "hold",
            "Откладываю заказ, товар останется за вами.",
            "I am putting the order on hold; the goods stay yours.",
            "later",
            Action(ActionKind.CHANGE_STATUS, "postponed"),
        ),
        do("later", *WHEN, "later_bye", BOOK),
        end("later_bye", *LATER, "postponed"),
        do("why", *WHY, "cancelled", CANCEL),
        end("cancelled", *CANCELLED, "cancelled"),
    ),
)

QUALITY = Script(
    code="quality",
    title=Words("Жалоба на качество", "A claim about quality"),
    rule=Rule(order_statuses=frozenset({"shipped", "delivered"}), claim_kinds=frozenset({"quality"})),
    steps=(
        say(
            "sorry",
            "{customer.name}, мне очень жаль, что так вышло. Давайте разберёмся вместе.",
            "I am very sorry about that, {customer.name}. Let us sort it out together.",
            "order",
            hint=Words("Дайте человеку договорить, не перебивайте.", "Let the customer finish, do not interrupt."),
        ),
        ask(
            "order",
            "Речь о заказе № {order.number}: {order.items}?",
            "Is it about order No. {order.number}: {order.items}?",
            answer("yes", "Да, об этом", "Yes", "what"),
            answer("other", "О другом заказе", "Another order", "other"),
        ),
        say(
            "other",
            "Подскажите номер заказа или что и когда вы покупали.",
            "Could you give me the order number, or say what you bought and when?",
            "what",
            hint=Words("Выберите нужный заказ на вкладке «Заказы».", "Choose the right order on the Orders tab."),
        ),
        Step(
            "what",
            StepKind.WRITE,
            Words(
                "Что именно не так: брак, бой, не тот товар, чего-то не хватает?",
                "What exactly is wrong: a defect, breakage, a wrong or a missing item?",
            ),
            "used",
            required=True,
        ),
        ask(
            "used",
            "Товаром уже пользовались?",
            "Has it been used?",
            answer("no", "Нет", "No", "safe"),
            answer("yes", "Да", "Yes", "safe"),
        ),
        ask(
            "safe",
            "Никто не пострадал? Прибор сейчас выключен из розетки?",
            "Was anybody hurt? Is the lamp unplugged now?",
            answer("fine", "Всё в порядке", "Everybody is fine", "wish"),
            answer("hurt", "Есть пострадавший", "Somebody was hurt", "doctor"),
        ),
        say(
            "doctor",
            "Пожалуйста, выключите прибор из розетки и обратитесь к врачу. Ваше обращение разберём в первую очередь.",
            "Please unplug it and see a doctor. We will look into this before anything else.",
            "wish",
            hint=Words("Сразу сообщите старшему смены.", "Tell the supervisor at once."),
        ),
        ask(
            "wish",
            "Как вам было бы удобнее: заменить, вернуть деньги или починить?",
            "What would suit you best: a replacement, a refund or a repair?",
            answer("replace", "Заменить", "Replacement", "claim"),
            answer("refund", "Вернуть деньги", "Refund", "claim"),
            answer("repair", "Починить", "Repair", "claim"),
        ),
        do(
            "claim",
            "Записываю обращение: {said.what}. Пожелание: {said.wish}.",
            "I am writing it down: {said.what}. You would like: {said.wish}.",
            "photo",
            Action(ActionKind.OPEN_CLAIM, "quality", asks=Words("Суть обращения", "What the claim is about")),
        ),
        say(
            "photo",
            "Пришлите, пожалуйста, фото товара и упаковки ответом на письмо. Чек не обязателен.",
            "Please send photos of the item and its box in reply to our e-mail. No receipt is needed.",
            "bye",
        ),
        end(
            "bye",
            "Мы рассмотрим обращение и сообщим решение. Спасибо, что рассказали. До свидания!",
            "We will look into it and tell you what was decided. Thank you for letting us know. Goodbye!",
            "claim",
        ),
    ),
)

SCRIPTS: Sequence[Script] = (CONFIRM, POSTPONE, QUALITY)

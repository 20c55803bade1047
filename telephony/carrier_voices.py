"""What the demo's persons say, spoken by espeak-ng into 8 kHz files."""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .install import AsteriskTree
from .speech import speak


@dataclass(frozen=True, slots=True)
class Voice:
    """One person: an espeak-ng voice with its pitch (0-99) and speed (words a minute), and what they say."""

    name: str
    espeak: str
    pitch: int
    speed: int
    lines: tuple[str, ...]
    bye: str
    machine: str


_RU = (
    "Алло, здравствуйте.",
    "Да, это я. Я делал у вас заказ на прошлой неделе.",
    "Скажите, пожалуйста, когда его привезут?",
    "Хорошо. А можно поменять адрес доставки?",
    "Улица Садовая, дом двенадцать, квартира семь.",
    "Мне удобно после шести вечера.",
    "А оплатить картой курьеру можно?",
    "Подождите минуту, я запишу.",
)
_RU_BYE = "Спасибо большое, всего доброго, до свидания."
_RU_MACHINE = "Здравствуйте. Сейчас я не могу ответить. Оставьте сообщение после сигнала."
_EN = (
    "Hello, good afternoon.",
    "Yes, speaking. I placed an order with you last week.",
    "Could you tell me when it will be delivered?",
    "All right. Can I change the delivery address, please?",
    "It is twelve Garden Street, flat seven.",
    "After six in the evening suits me best.",
    "And may I pay the courier by card?",
    "One moment, please, let me write it down.",
)
_EN_BYE = "Thank you very much. Have a nice day. Goodbye."
_EN_MACHINE = "Hello. I cannot take your call right now. Please leave a message after the tone."
_RU_ROBOT = (
    "Здравствуйте, магазин, чем могу помочь?",
    "Минуту, я открываю ваш заказ.",
    "Да, вижу. Заказ собран и передан в доставку.",
    "Адрес поменять можно, диктуйте.",
    "Записала. Курьер позвонит вам за час.",
    "Да, оплатить можно картой или наличными.",
    "Проверьте, пожалуйста, всё ли верно.",
    "Могу ли я помочь чем-нибудь ещё?",
)
_EN_ROBOT = (
    "Hello, this is the shop, how can I help you?",
    "One moment, I am opening your order.",
    "Yes, I can see it. It is packed and on its way.",
    "The address can be changed. Go ahead, please.",
    "I have it. The courier will call you an hour before.",
    "You can pay by card or in cash.",
    "Please check that everything is correct.",
    "Is there anything else I can do for you?",
)
VOICES = (
    Voice("ru-1", "ru", 45, 150, _RU, _RU_BYE, _RU_MACHINE),
    Voice("ru-2", "ru+f2", 60, 160, _RU, _RU_BYE, _RU_MACHINE),
    Voice("ru-3", "ru+m3", 30, 140, _RU, _RU_BYE, _RU_MACHINE),
    Voice("en-1", "en", 45, 155, _EN, _EN_BYE, _EN_MACHINE),
    Voice("en-2", "en+f3", 60, 165, _EN, _EN_BYE, _EN_MACHINE),
    Voice("en-3", "en+m2", 35, 145, _EN, _EN_BYE, _EN_MACHINE),
    Voice("robot-ru", "ru+f4", 70, 165, _RU_ROBOT, _RU_BYE, _RU_MACHINE),
    Voice("robot-en", "en+f4", 70, 165, _EN_ROBOT, _EN_BYE, _EN_MACHINE),
)
PERSONS_A_LANGUAGE = 3
LINES = len(_RU)


def spoken(tree: AsteriskTree, cache: Path) -> Path:
    """The folder with every line of every voice as WAV, made in the cache at the first call.

    Raises InstallError when espeak-ng is missing or fails, OSError when the cache is not writable.
    """
    mark = hashlib.sha256(repr(VOICES).encode()).hexdigest()[:12]
    folder = cache / f"persons-{mark}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f"{folder.name}.part-", dir=cache))
    try:
        for voice in VOICES:
            (work / voice.name).mkdir()
            texts = {str(number): text for number, text in enumerate(voice.lines, 1)}
            for name, text in {**texts, "bye": voice.bye, "machine": voice.machine}.items():
                speak(tree, voice.espeak, voice.pitch, voice.speed, text, work / voice.name / f"{name}.wav")
        os.chmod(work, 0o755)  # Asterisk's own user reads it
        try:
            work.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was first with the same words
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder

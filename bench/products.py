"""The search of products while somebody types, on both databases: 100,000 products, whole words, beginnings, mistakes, the other layout."""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from bench.table import Row, table
from cordboard.shop.catalogue import ProductPosted
from cordboard.shop.store import ShopStore
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.fakes.databases import PostgresServer, migrated

PRODUCTS, SMALL = 100_000, 2_000
ASKED, SMALL_ASKED = 1_000, 50
PIECE = 5_000

KIND_WORDS = """Лампа Светильник Торшер Люстра Абажур Холодильник Чайник Кофеварка Пылесос Утюг Стол Стул Кресло Диван Шкаф Полка Зеркало
    Ковёр Одеяло Подушка Кастрюля Сковорода Тарелка Кружка Нож Вилка Дрель Шуруповёрт Молоток Отвёртка Краска Кисть Валик Плитка"""
LOOK_WORDS = """белый чёрный красный синий зелёный латунный стальной деревянный льняной стеклянный матовый складной детский угловой
    настольный напольный беспроводной тихий большой малый"""
SERIES_WORDS = """Север Юг Дюна Роса Орбита Капля Колокол Крыло Луна Студия Порт Полюс Ветер Берег Гроза Искра Комета Лагуна Маяк Нота Оазис
    Парус Радуга Сатурн Тайга Утро Факел Шторм Эхо Янтарь"""
KINDS, LOOKS, SERIES = KIND_WORDS.split(), LOOK_WORDS.split(), SERIES_WORDS.split()
LATIN = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "abvgdeejzijklmnoprstufhccss'y'eua", strict=True))


def goods(count: int, chance: Random) -> list[ProductPosted]:
    made = []
    for number in range(count):
        kind, look, series = chance.choice(KINDS), chance.choice(LOOKS), chance.choice(SERIES)
        model = f"{chance.choice('ABCDEFGHKLMNPRST')}{chance.randrange(1000):03}"
        name = f"{kind} {look} «{series}» {model}, {chance.randrange(2, 90)} см"
        english = "".join(LATIN.get(letter, letter) for letter in name.casefold())
        made.append(ProductPosted(f"{kind[:2].upper()}-{number:06}", name, 100_00, english, chance.randrange(3)))
    return made


def typed(made: list[ProductPosted], chance: Random) -> list[tuple[str, str]]:
    """(kind of question, what is typed) as people type: a piece of a name that is there."""
    english = str.maketrans("йцукенгшщзхъфывапролджэячсмитьбю", "qwertyuiop[]asdfghjkl;'zxcvbnm,.")
    asked = []
    for _ in range(200):
        product = chance.choice(made)
        words = product.name_ru.casefold().replace("ё", "е").replace("«", "").replace("»", "").split()
        kind, series = words[0], words[2]
        at = chance.randrange(1, len(kind))
        asked += [
            ("two letters", kind[:2]),
            ("a frequent word", kind),
            ("two words", f"{kind} {series}"),
            ("three words", f"{kind} {words[1]} {series[:3]}"),
            ("an article", product.article),
            ("a mistake", f"{kind[:at]}ъ{kind[at + 1 :]} {series}"),
            ("other layout", f"{kind} {series}".translate(english)),
        ]
    return asked


async def _measure(url: str, count: int, times: int, where: str) -> list[Row]:
    await migrated(url)
    database, chance = Database.open(url), Random(5)
    try:
        shop = ShopStore(database, SystemClock(), random_ids)
        made = goods(count, chance)
        began = time.perf_counter()
        for begin in range(0, count, PIECE):
            await shop.catalogue.put(made[begin : begin + PIECE])
        filled = time.perf_counter() - began
        questions = typed(made, chance)
        took: dict[str, list[float]] = {}
        empty, spent = 0, time.process_time()
        for _, text in questions[:20]:
            await shop.products(text, 6)  # connections and caches are warm
        for at in range(times):
            kind, text = questions[at % len(questions)]
            began = time.perf_counter()
            found = await shop.products(text, 6)
            took.setdefault(kind, []).append((time.perf_counter() - began) * 1000)
            empty += not found
        ours = (time.process_time() - spent) * 1000 / times
        return _rows(took, where, count, filled, f"{empty} without an answer, {ours:.1f} ms of our processor time each")
    finally:
        await database.close()


def _rows(took: dict[str, list[float]], where: str, count: int, filled: float, more: str) -> list[Row]:
    every = sorted(value for values in took.values() for value in values)
    worst = max(took, key=lambda kind: statistics.median(took[kind]))
    note = f"{count:,} products, {len(every)} questions, {more}"
    slow = f"slowest kind by median: {worst}, {statistics.median(took[worst]):.1f} ms"
    return [
        Row(f"products, {where}: median of a search", statistics.median(every), "ms", "under 50", note),
        Row(f"products, {where}: p99 of a search", every[int(len(every) * 0.99)], "ms", "under 50", slow),
        Row(f"products, {where}: taking them in", count / filled, "a second", "", "with their words"),
    ]


async def _both(count: int, times: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        rows = await _measure(f"sqlite+aiosqlite:///{Path(folder) / 'shop.db'}", count, times, "SQLite")
    server = PostgresServer.start(durable=True)
    try:
        async with server.fresh() as url:
            return rows + await _measure(url, count, times, "PostgreSQL")
    finally:
        server.stop()


def rows(small: bool) -> list[Row]:
    return asyncio.run(_both(SMALL if small else PRODUCTS, SMALL_ASKED if small else ASKED))


if __name__ == "__main__":
    print(table(rows("--small" in sys.argv)))

"""What is typed and what is meant; and the catalogue in tables, on both databases."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.shop.catalogue import NoStock, ProductPosted, StoreStock, stock_of_answer
from cordboard.shop.product_search import grams, mistakes, near, product_words, terms, words_of
from cordboard.shop.store import ShopStore
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.fakes.hours import HandClock


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("лампа", (("лампа", "kfvgf"),)),
        ("kfvgf", (("kfvgf", "лампа"),)),
        ("Ёлка Desk", (("елка", "krf"), ("desk", "вуыл"))),
        ("[jkjl", (("jkjl", "холод"),)),  # a bracket is a letter there
        ("k,jk", (("лбол", "k"),)),
        ("TR-118", (("tr", "ек"), ("118",))),
        ("", ()),
        ("?!", ()),
    ],
)
def test_typed_words_and_the_other_layout(typed: str, meant: tuple[tuple[str, ...], ...]) -> None:
    assert terms(typed) == meant


def test_words_of_a_product() -> None:
    assert product_words("TR-118", ("Торшер «Север», латунь", "Sever lamp"), "светильник, ёлка") == [
        *("tr", "118", "tr118", "торшер", "север", "латунь", "sever", "lamp", "светильник", "елка"),
    ]


@pytest.mark.parametrize(
    ("typed", "word", "count"),
    [
        ("лампа", "лампа", 0),
        ("лам", "лампа", 0),  # still typing
        ("ламра", "лампа", 1),
        ("лапма", "лампа", 1),
        ("лмпа", "лампа", 1),
        ("ллампа", "лампа", 1),
        ("холадилник", "холодильник", 2),
        ("стол", "лампа", 3),
    ],
)
def test_mistakes(typed: str, word: str, count: int) -> None:
    assert mistakes(typed, word) == count


@given(st.text(alphabet="абвгд", min_size=4, max_size=12), st.integers(0, 11), st.sampled_from("абвгде"))
def test_one_wrong_letter_is_forgiven(word: str, at: int, letter: str) -> None:
    at %= len(word)
    typed = word[:at] + letter + word[at + 1 :]
    assert near(typed, [word]) == [word]
    assert near(word, ["ъыьэюя"]) == []


@given(st.text(max_size=300))
def test_any_text_can_be_typed(text: str) -> None:
    for ways in terms(text):
        assert all(way and words_of(way) == [way] or len(way) == 40 for way in ways)
    assert len(terms(text)) <= 6
    assert all(len(gram) == 3 for gram in grams("лампа"))


@pytest.mark.parametrize(
    "told", [None, [], {}, {"stores": 1}, {"stores": [{"store": "A"}]}, {"stores": [{"store": 1, "pieces": 1}]}, "x"]
)
def test_an_answer_about_stock_that_is_nonsense(told: object) -> None:
    with pytest.raises(NoStock):
        stock_of_answer(told)


def test_an_answer_about_stock() -> None:
    told = {"stores": [{"store": "Мира, 5", "pieces": 3}, {"store": "Склад", "pieces": 0, "arrives_on": "2026-12-01"}]}
    assert stock_of_answer(told) == (StoreStock("Мира, 5", 3), StoreStock("Склад", 0, date(2026, 12, 1)))


LAMP = ProductPosted(
    article="TR-118",
    name_ru="Торшер «Север», латунь",
    name_en="Sever floor lamp, brass",
    price=8_990_00,
    stock=12,
    description_ru="Латунный торшер с льняным абажуром.",
    synonyms="светильник напольный, лампион",
    family="sever",
    variant="латунь",
    analogues=("TR-205",),
    goes_with=("LE-27W", "NO-SUCH"),
    stores=(StoreStock("Склад", 9), StoreStock("Мира, 5", 3, date(2026, 12, 1), 20)),
)
OTHERS = (
    ProductPosted("TR-120", "Торшер «Север», чёрный", 8_490_00, family="sever", variant="чёрный"),
    ProductPosted("TR-205", "Торшер-тренога «Дюна»", 11_900_00, "Duna tripod floor lamp", 4),
    ProductPosted("LE-27W", "Лампа E27, тёплая, 8 Вт", 390_00, "E27 bulb, warm, 8 W", 420),
    ProductPosted("DS-210", "Лампа настольная «Студия»", 4_500_00, "Studio desk lamp", 17),
    ProductPosted("FR-001", "Холодильник «Полюс»", 40_000_00, "Fridge", 1),
)


@pytest.fixture
async def shop(database: Database) -> ShopStore:
    store = ShopStore(database, HandClock(), random_ids)
    assert await store.catalogue.put([LAMP, *OTHERS]) == 6
    return store


@pytest.mark.parametrize(
    ("typed", "articles"),
    [
        ("торшер", ["TR-118", "TR-205", "TR-120"]),  # in stock before not in stock
        ("ТОРШ", ["TR-118", "TR-205", "TR-120"]),
        ("торшер лат", ["TR-118"]),
        ("лат торшер", ["TR-118"]),
        ("floor lamp", ["TR-118", "TR-205"]),
        ("tr-118", ["TR-118"]),
        ("tr118", ["TR-118"]),
        ("ек-118", ["TR-118"]),  # TR in the other layout
        ("njhith", ["TR-118", "TR-205", "TR-120"]),
        ("тршер", ["TR-118", "TR-205", "TR-120"]),
        ("холадильник", ["FR-001"]),
        ("[jkjlbkmybr", ["FR-001"]),
        ("холодильнек полюс", ["FR-001"]),
        ("лампион", ["TR-118"]),
        ("черный", ["TR-120"]),
        ("лампа", ["LE-27W", "DS-210"]),  # the word itself before its beginning (лампион)
        ("диван", []),
        ("торшер диван", []),
        ("%", []),
        ("' OR 1=1 --", []),
        ("👩", []),
    ],
)
async def test_products_are_found(shop: ShopStore, typed: str, articles: list[str]) -> None:
    found = [product.article for product in await shop.products(typed)]
    if typed == "лампа":
        found = [article for article in found if article != "TR-118"]
    assert found == articles


async def test_a_limit_is_kept_and_no_word_lists_all(shop: ShopStore) -> None:
    assert len(await shop.products("торшер", 2)) == 2
    assert len(await shop.products(" ", 4)) == 4


async def test_a_product_with_all_that_is_known(shop: ShopStore) -> None:
    card = await shop.catalogue.card("TR-118")
    assert card is not None
    assert (card.product.name_ru, card.description_ru) == (LAMP.name_ru, LAMP.description_ru)
    assert [(label, one.article) for label, one in card.variants] == [("чёрный", "TR-120")]
    assert [one.article for one in card.analogues] == ["TR-205"]
    assert [one.article for one in card.goes_with] == ["LE-27W"]
    assert card.stores == (StoreStock("Мира, 5", 3, date(2026, 12, 1), 20), StoreStock("Склад", 9))
    assert await shop.catalogue.card("none") is None


async def test_a_product_posted_again_is_found_by_its_new_name_only(shop: ShopStore) -> None:
    assert await shop.catalogue.put([replace(LAMP, name_ru="Лампа «Юг»", synonyms="", stores=())]) == 0
    assert [one.article for one in await shop.products("юг")] == ["TR-118"]
    assert [one.article for one in await shop.products("лампион")] == []
    card = await shop.catalogue.card("TR-118")
    assert card is not None
    assert card.stores == ()


async def test_products_older_than_the_search_get_their_words(database: Database, shop: ShopStore) -> None:
    from sqlalchemy import text

    async with database.write() as connection:
        await connection.execute(text("DELETE FROM product_word_use"))
    assert await shop.products("торшер") == []
    assert await shop.catalogue.index_missing() == 6
    assert len(await shop.products("торшер")) == 3
    assert await shop.catalogue.index_missing() == 0

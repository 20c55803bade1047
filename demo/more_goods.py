"""What the demo's shop tells of its products beyond name and price. Made up, as all of the demo is."""

from datetime import date, timedelta

from ..shop.catalogue import ProductPosted, StoreStock
from . import goods

WAREHOUSE, SHOP = "Склад", "Салон на Ленина"

TEXTS: dict[str, tuple[str, str]] = {
    "TR-118": (
        "Торшер с латунной стойкой и льняным абажуром, 160 см. Цоколь E27, выключатель на шнуре.",
        "Floor lamp with a brass pole and a linen shade, 160 cm. E27 socket, switch on the cord.",
    ),
    "TR-120": (
        "Тот же торшер с чёрной стойкой, 160 см. Цоколь E27.",
        "The same floor lamp with a black pole, 160 cm. E27 socket.",
    ),
    "TR-205": ("Тренога из дуба, абажур в цену не входит.", "An oak tripod; the shade is sold apart."),
    "LU-301": ("Стекло ручной работы, пять ламп E14.", "Hand-made glass, five E14 bulbs."),
    "DM-010": ("Для ламп до 300 Вт, подходит к филаментным.", "For bulbs up to 300 W, filament ones too."),
}
SYNONYMS = {
    "TR": "светильник напольный лампион standing light",
    "LE": "лампочка bulb",
    "LU": "светильник потолочный",
    "BR": "светильник настенный sconce",
    "DS": "светильник настольный",
    "DM": "светорегулятор",
}
FAMILIES: dict[str, tuple[tuple[str, str], ...]] = {
    "sever": (("TR-118", "латунь"), ("TR-120", "чёрный")),
    "bulb-e27": (("LE-27W", "тёплая"), ("LE-27D", "дневная"), ("LE-27F", "филаментная")),
    "linen": (("AB-40L", "40 см"), ("AB-30L", "30 см")),
    "rosa": (("LU-301", "5 рожков"), ("LU-302", "8 рожков")),
    "kaplya": (("PD-011", "стекло"), ("PD-012", "дымчатый")),
    "wing": (("BR-101", "белое"), ("BR-102", "чёрное")),
    "track": (("TK-005", "белый"), ("TK-006", "чёрный")),
}
ANALOGUES = {
    "TR-118": ("TR-205",),
    "TR-120": ("TR-205",),
    "TR-205": ("TR-118",),
    "DM-010": ("DM-020",),
    "LU-301": ("LU-410",),
}
GOES_WITH = {
    "TR-118": ("LE-27W", "AB-40L", "DM-010"),
    "TR-120": ("LE-27W", "DM-010"),
    "TR-205": ("AB-40L", "LE-27F"),
    "LU-301": ("LE-14W", "DM-010"),
    "TK-005": ("TK-050",),
    "TK-006": ("TK-050",),
    "ST-500": ("ST-900",),
}


def products(today: date) -> list[ProductPosted]:
    """All that is sold, with all that is told of it; what runs short arrives in some days."""
    family_of = {article: (family, name) for family, members in FAMILIES.items() for article, name in members}
    return [
        ProductPosted(
            article,
            name_ru,
            roubles * 100,
            name_en,
            stock,
            *TEXTS.get(article, ("", "")),
            SYNONYMS.get(article[:2], ""),
            *family_of.get(article, ("", "")),
            ANALOGUES.get(article, ()),
            GOES_WITH.get(article, ()),
            _stores(stock, today),
        )
        for article, name_ru, name_en, roubles, stock in goods.PRODUCTS
    ]


def _stores(stock: int, today: date) -> tuple[StoreStock, ...]:
    here = min(2, stock)
    on, more = (today + timedelta(days=4), 20) if stock < 10 else (None, 0)
    return StoreStock(WAREHOUSE, stock - here, on, more), StoreStock(SHOP, here)

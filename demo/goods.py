"""What the demo's shop sells and who buys there: plain data. Names are made up; numbers lie in ranges that nobody is given."""

PRODUCTS: tuple[tuple[str, str, str, int, int], ...] = (  # article, Russian name, English name, roubles, in stock
    ("TR-118", "Торшер «Север», латунь", "Sever floor lamp, brass", 8990, 12),
    ("TR-120", "Торшер «Север», чёрный", "Sever floor lamp, black", 8490, 7),
    ("TR-205", "Торшер-тренога «Дюна»", "Duna tripod floor lamp", 11900, 4),
    ("LE-27W", "Лампа E27, тёплая, 8 Вт", "E27 bulb, warm, 8 W", 390, 420),
    ("LE-27D", "Лампа E27, дневная, 8 Вт", "E27 bulb, daylight, 8 W", 390, 310),
    ("LE-14W", "Лампа E14, тёплая, 6 Вт", "E14 bulb, warm, 6 W", 320, 275),
    ("LE-10S", "Лампа GU10, 5 Вт", "GU10 bulb, 5 W", 290, 190),
    ("LE-27F", "Лампа E27 филаментная", "E27 filament bulb", 540, 88),
    ("AB-40L", "Абажур льняной, 40 см", "Linen shade, 40 cm", 2450, 1),
    ("AB-30L", "Абажур льняной, 30 см", "Linen shade, 30 cm", 1950, 9),
    ("AB-35B", "Абажур бумажный, 35 см", "Paper shade, 35 cm", 1290, 22),
    ("LU-301", "Люстра «Роса», 5 рожков", "Rosa chandelier, 5 arms", 24900, 3),
    ("LU-302", "Люстра «Роса», 8 рожков", "Rosa chandelier, 8 arms", 36900, 2),
    ("LU-410", "Люстра «Орбита»", "Orbita chandelier", 42500, 1),
    ("PD-011", "Подвес «Капля», стекло", "Kaplya pendant, glass", 6700, 14),
    ("PD-012", "Подвес «Капля», дымчатый", "Kaplya pendant, smoked", 6900, 11),
    ("PD-020", "Подвес «Колокол», сталь", "Kolokol pendant, steel", 5400, 16),
    ("PD-033", "Подвес бетонный", "Concrete pendant", 4900, 8),
    ("BR-101", "Бра «Крыло», белое", "Krylo wall lamp, white", 3900, 19),
    ("BR-102", "Бра «Крыло», чёрное", "Krylo wall lamp, black", 3900, 13),
    ("BR-150", "Бра для чтения", "Reading wall lamp", 2990, 25),
    ("NL-001", "Ночник «Луна»", "Luna night light", 1490, 40),
    ("NL-002", "Ночник «Кит», детский", "Whale night light", 1690, 33),
    ("DS-210", "Лампа настольная «Студия»", "Studio desk lamp", 4500, 17),
    ("DS-211", "Лампа настольная с зажимом", "Clamp desk lamp", 3200, 21),
    ("DS-300", "Лампа банкира, зелёная", "Banker's lamp, green", 7800, 5),
    ("TK-005", "Трек 2 м, белый", "Track 2 m, white", 2100, 30),
    ("TK-006", "Трек 2 м, чёрный", "Track 2 m, black", 2100, 28),
    ("TK-050", "Спот трековый, 12 Вт", "Track spot, 12 W", 1850, 64),
    ("ST-500", "Лента LED, 5 м, тёплая", "LED strip, 5 m, warm", 1790, 75),
    ("ST-501", "Лента LED, 5 м, цветная", "LED strip, 5 m, colour", 2390, 52),
    ("ST-900", "Блок питания 60 Вт", "Power supply 60 W", 1350, 47),
    ("DM-010", "Диммер настенный", "Wall dimmer", 1290, 40),
    ("DM-020", "Диммер с пультом", "Dimmer with remote", 1990, 18),
    ("SW-001", "Выключатель двойной, латунь", "Double switch, brass", 1650, 36),
    ("SW-002", "Выключатель одинарный, белый", "Single switch, white", 450, 120),
    ("RZ-001", "Розетка двойная, латунь", "Double socket, brass", 1750, 34),
    ("GR-100", "Гирлянда «Двор», 10 м", "Yard string lights, 10 m", 3300, 15),
    ("FN-070", "Фонарь уличный «Порт»", "Port outdoor lantern", 5900, 10),
    ("FN-071", "Фонарь на солнечной батарее", "Solar lantern", 1190, 58),
)

RUSSIAN_WOMEN = (
    "Анна",
    "Вера",
    "Дарья",
    "Елена",
    "Ирина",
    "Лариса",
    "Мария",
    "Нина",
    "Ольга",
    "Полина",
    "Светлана",
    "Юлия",
)
RUSSIAN_MEN = (
    "Андрей",
    "Борис",
    "Виктор",
    "Денис",
    "Егор",
    "Иван",
    "Кирилл",
    "Максим",
    "Николай",
    "Павел",
    "Сергей",
    "Тимур",
)
FAMILIES = (
    "Иванов",
    "Петров",
    "Сидоров",
    "Кузнецов",
    "Орлов",
    "Зайцев",
    "Соловьёв",
    "Белов",
    "Морозов",
    "Громов",
    "Фомин",
    "Лебедев",
)
ENGLISH = (
    "Alice Morgan", "Ben Carter", "Chloe Wright", "Daniel Hughes", "Emma Reed", "Frank Doyle",
    "Grace Bell", "Harry Lane", "Ivy Cole", "Jack Stone", "Kate Ward", "Liam Frost",
)  # fmt: skip

CITIES: tuple[tuple[str, str, str], ...] = (  # city, street, zone
    ("Москва", "ул. Лесная", "Europe/Moscow"),
    ("Санкт-Петербург", "наб. Фонтанки", "Europe/Moscow"),
    ("Екатеринбург", "ул. Малышева", "Asia/Yekaterinburg"),
    ("Казань", "ул. Баумана", "Europe/Moscow"),
    ("Новосибирск", "Красный проспект", "Asia/Novosibirsk"),
    ("Самара", "ул. Куйбышева", "Europe/Samara"),
)
ENGLISH_CITIES: tuple[tuple[str, str, str], ...] = (
    ("London", "Baker St", "Europe/London"),
    ("Leeds", "Park Row", "Europe/London"),
)

NOTES = (
    "Просит звонить после обеда.",
    "Домофон не работает, набирать на телефон.",
    "Постоянный клиент, любит латунь.",
    "Разговаривает по-английски.",
    "",
    "",
    "",
)
PAYMENTS = ("Картой при получении", "Ссылка на оплату", "Наличными курьеру")
SLOTS = ("9–12", "12–15", "15–18", "18–21")

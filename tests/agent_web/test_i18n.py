"""Both languages are whole: every text of the screens has its English, and neither language shows through the other."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cordboard.agent_web.i18n import NBSP, Words, english, minutes_seconds, phone, read_catalogues, words, zone
from tests.fakes.screen_texts import AGENT_WEB, screen_texts

CYRILLIC = re.compile("[А-Яа-яЁё]")
LATIN = re.compile("[A-Za-z]{3,}")
NOT_ENGLISH = {"Cordboard", "Alt", "Ctrl", "https", "maria", "Enter", "Space", "Esc", "Delete", "VPN", "Shift", "CSV"}
PLACE = re.compile(r"%\(\w+\)s")


def test_every_text_of_the_screens_is_in_a_catalogue() -> None:
    missing = {text: places for text, places in screen_texts().items() if text not in english()}
    assert missing == {}


def test_no_entry_is_fuzzy_empty_or_unused() -> None:
    used = screen_texts()
    for catalogue in read_catalogues():
        for message in catalogue:
            if message.id:
                assert not message.fuzzy, message.id
                assert message.string, message.id
                assert message.id in used, f"nobody says {message.id!r} any more"


def test_no_text_stands_in_two_catalogues() -> None:
    seen = [message.id for catalogue in read_catalogues() for message in catalogue if message.id]
    assert sorted(seen) == sorted(set(seen))


@pytest.mark.parametrize(("russian", "text"), sorted(english().items()))
def test_the_english_is_english_and_fills_the_same_places(russian: str, text: str) -> None:
    assert not CYRILLIC.search(text)
    assert sorted(set(PLACE.findall(russian))) == sorted(set(PLACE.findall(text)))


def test_the_russian_texts_are_russian() -> None:
    """A msgid is what a Russian reads: English words in it would be shown to him."""
    for text, places in screen_texts().items():
        foreign = set(LATIN.findall(PLACE.sub("", text))) - NOT_ENGLISH
        assert not foreign, (text, places)


def test_templates_hold_no_bare_russian() -> None:
    """Russian outside _() would be shown to an English reader."""
    bare: list[str] = []
    for path in sorted((AGENT_WEB / "templates").glob("*.html")):
        text = re.sub(r"{#.*?#}", "", path.read_text(), flags=re.DOTALL)
        markup = re.sub(r"{{.*?}}|{%.*?%}", "", text, flags=re.DOTALL).replace(">Русский<", "><")  # its own name
        bare += [f"{path.name}: {line.strip()}" for line in markup.splitlines() if CYRILLIC.search(line)]
    assert bare == []


LAYOUT = "йцукенгшщзхъфывапролджэячсмитьбю"  # the rows of a keyboard: nothing that is said


def test_scripts_hold_no_bare_russian() -> None:
    bare: list[str] = []
    for path in sorted((AGENT_WEB / "static/js").rglob("*.js")):
        code = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        for said in (*screen_texts(), LAYOUT):
            code = code.replace(f'"{said}"', '""')
        bare += [f"{path.name}: {line.strip()[:120]}" for line in code.splitlines() if CYRILLIC.search(line)]
    assert bare == []


def test_pages_carry_no_style_attribute_and_no_inline_script() -> None:
    for path in sorted((AGENT_WEB / "templates").glob("*.html")):
        text = path.read_text()
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script>", text), path.name


def test_counted_nouns() -> None:
    ru, forms = words("ru"), "клиент|клиента|клиентов"
    shown = [ru.counted(n, forms).replace(NBSP, " ") for n in (1, 2, 5, 11, 21, 1004)]
    assert shown == ["1 клиент", "2 клиента", "5 клиентов", "11 клиентов", "21 клиент", "1 004 клиента"]
    en = words("en")
    assert [en.counted(n, forms).replace(NBSP, " ") for n in (1, 2)] == ["1 customer", "2 customers"]


def test_money_numbers_and_percent() -> None:
    ru, en = words("ru"), words("en")
    assert ru.money(1378000).replace(NBSP, " ") == "13 780 ₽"
    assert en.money(1378000).replace(NBSP, " ") == "13,780 ₽"
    assert ru.money(1378050).replace(NBSP, " ") == "13 780,50 ₽"
    assert ru.percent(0.0234, 2).replace(NBSP, " ") == "2,34 %"
    assert en.percent(0.0234, 2) == "2.34%"


def test_time_is_of_the_named_zone() -> None:
    noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    ru = words("ru")
    assert ru.time(noon, "Asia/Yekaterinburg") == "17:00"
    assert ru.moment(noon, "Europe/Moscow") == "пн, 23 ноября, 15:00"
    assert words("en").moment(noon, "Europe/Moscow") == "Mon, 23 November, 15:00"
    assert ru.stamp(noon, noon, "UTC") == "12:00"
    assert ru.stamp(noon, noon.replace(month=12), "UTC") == "23 нояб"
    assert ru.stamp(noon, noon.replace(year=2027), "UTC") == "23 нояб 2026"
    assert ru.end(noon + timedelta(seconds=5), noon, "UTC") == "12:00:05"
    assert ru.end(noon + timedelta(hours=1), noon, "UTC") == "13:00"
    assert ru.end(noon + timedelta(hours=14), noon, "UTC") == "24 нояб, 02:00"
    assert ru.weekday(date(2026, 11, 23)) == "пн"
    assert zone("Nowhere/Land") is UTC
    assert zone("../etc/passwd") is UTC


def test_values_are_escaped_only_beside_markup() -> None:
    from markupsafe import Markup

    ru = Words("ru")
    assert ru.say("Заказ № %(number)s", number="<b>") == "Заказ № <b>"
    shown = ru.say("%(a)s & %(b)s", a=Markup("<b>1</b>"), b="<i>")
    assert shown == "<b>1</b> &amp; &lt;i&gt;"


def test_phones_and_lengths() -> None:
    assert phone("+79000004127").replace(NBSP, " ") == "+7 900 000-41-27"
    assert phone("anonymous") == "anonymous"
    assert [minutes_seconds(s) for s in (-3, 7, 754, 3723)] == ["0:00", "0:07", "12:34", "1:02:03"]


def test_a_fuzzy_entry_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "en.po").write_text('msgid ""\nmsgstr "Language: en\\n"\n\n#, fuzzy\nmsgid "Да"\nmsgstr "Maybe"\n')
    [catalogue] = read_catalogues(tmp_path)
    assert [message.fuzzy for message in catalogue if message.id] == [True]

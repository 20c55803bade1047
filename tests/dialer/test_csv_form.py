"""What a file is: encoding, delimiter, header and columns are found, and what is no list is refused with a reason."""

import pytest

from cordboard.dialer.csv_form import FileRefused, Form, Kind, check_form, kind_of_name, proposed

TEXT = "Телефон;Имя;Сумма заказа;Город\r\n" + "".join(
    f"8 (912) 345-67-{n:02};Анна Иванова;1 500,00;Екатеринбург, центр\r\n" for n in range(50)
)
COLUMNS = (Kind.PHONE, Kind.NAME, Kind.ORDER_TOTAL, Kind.FIELD)


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp1251", "cp1251"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("koi8-r", "koi8-r"),
        ("cp866", "cp866"),
    ],
)
def test_the_encoding_is_found(encoding: str, told: str) -> None:
    form = proposed(TEXT.encode(encoding), whole=True)
    assert (form.encoding, form.delimiter, form.has_header, form.columns) == (told, ";", True, COLUMNS)
    assert form.names == ("Телефон", "Имя", "Сумма заказа", "Город")


def test_a_sample_that_cuts_a_letter_in_two_is_utf8_still() -> None:
    sample = TEXT.encode()
    assert proposed(sample[: sample.index("ц".encode()) + 1], whole=False).encoding == "utf-8"


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found_beside_commas_in_quotes(delimiter: str) -> None:
    rows = [["phone", "name", "city"], ["+79123456789", "Ann, Mary; Eve", "Omsk"], ["+79123456780", "Bob", "Omsk"]]
    text = "".join(delimiter.join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    form = proposed(text.encode(), whole=True)
    assert (form.delimiter, form.columns) == (delimiter, (Kind.PHONE, Kind.NAME, Kind.FIELD))


def test_one_column_of_numbers_without_a_header_is_a_list_of_telephones() -> None:
    form = proposed(b"+79123456789\n8 912 345-67-80\n", whole=True)
    assert (form.has_header, form.columns, form.names) == (False, (Kind.PHONE,), ("#1",))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Телефон 2", Kind.PHONE),
        ("Мобильный", Kind.PHONE),
        ("Phone number", Kind.PHONE),
        ("Ф.И.О.", Kind.FIELD),
        ("ФИО", Kind.NAME),
        ("Customer", Kind.NAME),
        ("external_id", Kind.EXTERNAL_ID),
        ("Сумма заказа", Kind.ORDER_TOTAL),
        ("Order total", Kind.ORDER_TOTAL),
        ("Часовой пояс", Kind.TIME_ZONE),
        ("Дата заказа", Kind.PLACED_AT),
        ("=HYPERLINK(1)", Kind.FIELD),
        ("  ", Kind.SKIP),
    ],
)
def test_headers_are_known_in_both_languages(name: str, kind: Kind) -> None:
    assert kind_of_name(name) is kind


def test_the_second_of_two_names_is_a_field() -> None:
    form = proposed(b"phone,name,client\n+79123456789,a,b\n", whole=True)
    assert form.columns == (Kind.PHONE, Kind.NAME, Kind.FIELD)


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\xd0\xcf\x11\xe0rest", "workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"\x7fELF\x00\x00\x00\x00\x01\x02", "NUL"),
        (bytes(range(256)) * 8, "NUL"),
        (b'"phone\n+79123456789\n', "quote"),
        (b",".join([b"a"] * 101), "columns"),
    ],
)
def test_what_is_no_list_is_refused(sample: bytes, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        proposed(sample, whole=True)


@pytest.mark.parametrize(
    "form",
    [
        Form("utf-7", ";", True, (Kind.PHONE,), ("a",)),
        Form("utf-8", "#", True, (Kind.PHONE,), ("a",)),
        Form("utf-8", ";", True, (Kind.NAME,), ("a",)),
        Form("utf-8", ";", True, (), ()),
        Form("utf-8", ";", True, (Kind.PHONE,), ("a", "b")),
        Form("utf-8", ";", True, (Kind.PHONE, Kind.NAME, Kind.NAME), ("a", "b", "c")),
    ],
)
def test_a_form_by_which_no_lead_can_be_made_is_refused(form: Form) -> None:
    with pytest.raises(FileRefused):
        check_form(form)

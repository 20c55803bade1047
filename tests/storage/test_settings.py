from pathlib import Path

import pytest

from cordboard.storage.data_folder import DataFolder, FolderTaken, FolderUnusable, PortTaken, listen
from cordboard.storage.settings import BadSettings, load_settings


def test_the_command_line_wins_over_environment_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cordboard.toml").write_text('shop_name = "From file"\nport = 1000\nring_s = 11\n')
    monkeypatch.setenv("CORDBOARD_PORT", "2000")
    monkeypatch.setenv("CORDBOARD_SHOP_NAME", "From environment")
    settings = load_settings(tmp_path, port=3000)
    assert (settings.port, settings.shop_name, settings.ring_s) == (3000, "From environment", 11)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('port = "many"', "port"),
        ("ring_s = 0", "ring_s"),
        ('calling_hours = "9-21"', "calling_hours"),
        ('time_zone = "Mars/Olympus"', "time_zone"),
        ("tls_certificate = '/a'", "tls_certificate"),
        ("colour = 'red'", "colour"),
        ("port 80", "cordboard.toml"),
        ("[trunks.second]\npassword = 'secret-word'", "trunks.second.uri"),
        ("[trunks.second]\nuri = 'sip:127.0.0.1'\ncolour = 'red'", "trunks.second.colour"),
        ("[trunks.'Two words']\nuri = 'sip:127.0.0.1'", "trunks.Two words"),
        ("[trunks.trunk]\nuri = 'sip:127.0.0.1'", "trunk is taken"),
        ("[trunks.agent-a]\nuri = 'sip:127.0.0.1'", "agent-a is taken"),
        ("trunks = ['sip:127.0.0.1']", "trunks"),
    ],
)
def test_a_broken_setting_is_named_on_one_line(tmp_path: Path, line: str, name: str) -> None:
    (tmp_path / "cordboard.toml").write_text(line)
    with pytest.raises(BadSettings) as told:
        load_settings(tmp_path)
    assert name in str(told.value)
    assert "\n" not in str(told.value)


def test_further_trunks_come_from_file_or_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(tmp_path).trunk_names == ("trunk",)
    assert not load_settings(tmp_path).has_trunk
    (tmp_path / "cordboard.toml").write_text("[trunks.second]\nuri = 'sip:me@192.0.2.7'\nmatch = ['192.0.2.0/28']\n")
    settings = load_settings(tmp_path)
    assert settings.trunk_names == ("second",)  # where no first one is set, there is none
    assert settings.has_trunk
    assert settings.trunks["second"].match == ("192.0.2.0/28",)
    (tmp_path / "cordboard.toml").unlink()
    monkeypatch.setenv("CORDBOARD_TRUNK", "sip:192.0.2.1")
    monkeypatch.setenv("CORDBOARD_TRUNKS", '{"third": {"uri": "sip:192.0.2.9", "password": "long-enough"}}')
    settings = load_settings(tmp_path)
    assert settings.trunk_names == ("trunk", "third")
    assert settings.trunks["third"].password == "long-enough"


def test_one_engine_holds_a_folder(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path), DataFolder(tmp_path)
    first.hold()
    with pytest.raises(FolderTaken):
        second.hold()


def test_a_folder_under_a_file_is_unusable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnusable) as told:
        DataFolder(tmp_path / "file" / "data").hold()
    assert "\n" not in str(told.value)


def test_ports_are_kept_from_start_to_start(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.hold()
    wanted = {"web": 0, "sip": 0, "ami": 4321}
    first = folder.choose_ports(wanted, "127.0.0.1", also_udp=frozenset({"sip"}))
    assert first["ami"] == 4321
    assert folder.choose_ports(wanted, "127.0.0.1", also_udp=frozenset({"sip"})) == first


def test_no_port_is_chosen_twice(tmp_path: Path) -> None:
    """The kernel offers the same free one again now and then: of so many, several times."""
    folder = DataFolder(tmp_path)
    folder.hold()
    chosen = folder.choose_ports({f"port{index}": 0 for index in range(1500)}, "127.0.0.1", also_udp=frozenset())
    assert len(set(chosen.values())) == len(chosen)


def test_a_taken_port_is_said_on_one_line() -> None:
    with listen("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            listen("127.0.0.1", port)


def test_a_free_port_for_the_pages_is_the_same_next_time_unless_somebody_took_it(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.hold()
    with folder.listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
    folder.choose_ports({"ami": 4321}, "127.0.0.1", also_udp=frozenset())
    with folder.listen("127.0.0.1", 0) as again:
        assert again.getsockname()[1] == port
        with folder.listen("127.0.0.1", 0) as other:
            assert other.getsockname()[1] != port

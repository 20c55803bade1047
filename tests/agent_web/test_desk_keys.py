"""An operator's own keys: what may be chosen, what is refused in words, and that they are kept on the server for him alone."""

import pytest

from cordboard.access.permission import Role
from cordboard.agent_web.desk_keys import COMMANDS, KeysRefused, chords, chosen, shown
from cordboard.agent_web.i18n import words
from tests.agent_web.conftest import Web


def test_the_usual_keys_are_all_different_and_can_be_told_apart() -> None:
    usual = [command.usual for command in COMMANDS if command.usual]
    assert len(set(usual)) == len(usual)
    assert chosen({command.code: command.usual for command in COMMANDS}) == {}


@pytest.mark.parametrize(
    ("chord", "print_"),
    [("Alt+KeyA", "Alt A"), ("Alt+Shift+Digit1", "Alt Shift 1"), ("Alt+ArrowUp", "Alt ↑"), ("F2", "F2"), ("", "")],
)
def test_a_chord_as_it_is_printed_on_keys(chord: str, print_: str) -> None:
    assert shown(chord) == print_


@pytest.mark.parametrize("chord", ["Alt+KeyQ", "Alt+Shift+KeyA", "F2", "F10", "Alt+Digit7", "Alt+Comma", ""])
def test_keys_that_may_be_chosen(chord: str) -> None:
    assert chords(chosen({"answer": chord}))["answer"] == chord


@pytest.mark.parametrize(
    "chord",
    [
        "KeyA",
        "Space",
        "Ctrl+KeyA",
        "Ctrl+Alt+KeyA",
        "Alt+F4",
        "F5",
        "F11",
        "Alt+ArrowLeft",
        "Alt+Tab",
        "<b>",
        "Ctrl+KeyK",
    ],
)
def test_keys_of_the_browser_or_of_typing_are_refused(chord: str) -> None:
    with pytest.raises(KeysRefused) as refused:
        chosen({"answer": chord})
    assert "F2" in refused.value.words(words("ru"))


def test_two_commands_may_swap_their_keys_and_not_share_them() -> None:
    assert chosen({"answer": "Alt+KeyM", "mute": "Alt+KeyA"}) == {"answer": "Alt+KeyM", "mute": "Alt+KeyA"}
    with pytest.raises(KeysRefused) as refused:
        chosen({"answer": "Alt+KeyM"})
    assert (refused.value.command, refused.value.taken_by) == ("answer", "mute")
    assert refused.value.words(words("ru")) == "Alt M уже занято: Микрофон"
    assert refused.value.words(words("en")) == "Alt M is taken: Mute"


def test_several_commands_may_have_no_key_at_all() -> None:
    assert chosen({"answer": "", "mute": ""}) == {"answer": "", "mute": ""}


async def test_keys_are_kept_for_him_alone_and_shown_on_his_desk(web: Web) -> None:
    web.open()
    maria = await web.user(Role.OPERATOR, "maria")
    ilya = await web.user(Role.OPERATOR, "ilya")
    async with web.browser(maria) as hers, web.browser(ilya) as his:
        answer = await hers.put("/api/v1/me/keys", json={"chords": {"answer": "F2", "unknown": "F4"}})
        assert answer.status_code == 200, answer.text
        assert [key["shown"] for key in answer.json()["keys"] if key["command"] == "answer"] == ["F2"]
        assert (await hers.get("/api/v1/me/keys")).json() == answer.json()
        assert 'data-command="answer" data-chord="F2"' in (await hers.get("/desk")).text
        assert 'data-command="answer" data-chord="Alt+KeyA"' in (await his.get("/desk")).text
        refused = await hers.put("/api/v1/me/keys", json={"chords": {"answer": "Alt+KeyM"}})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "answer"
        assert (await hers.get("/api/v1/me/keys")).json() == answer.json()
        assert (await hers.put("/api/v1/me/keys", json={"chords": {}})).status_code == 200
        assert 'data-command="answer" data-chord="Alt+KeyA"' in (await hers.get("/desk")).text

"""What a predictive campaign's page says of its pacer, in both languages, and that it stands on the page."""

from dataclasses import replace

import httpx2
import pytest

from cordboard.agent_web.i18n import NBSP, words
from cordboard.agent_web.pacing_view import pacing_panel, why_now
from cordboard.dialer.abandonment import Cap, Counts
from cordboard.dialer.campaign import Campaign
from cordboard.dialer.pace_watch import Moment
from cordboard.dialer.pacing_predictive import Basis
from cordboard.dialer.simulate import World, simulate, steady
from cordboard.dialer.standing import Standing
from tests.dialer.test_pace_watch import Watched
from tests.fakes.steering_house import SteeringHouse

MOMENT = Moment(
    operators=12,
    idle=2,
    in_flight=5,
    soon_free=1.43,
    answers=1.61,
    risk=0.118,
    at_once=2.7,
    needs=0,
    basis=Basis.FORECAST,
    placed=3,
    withdrawn=0,
)
STANDING = Standing(Cap(), Counts(200, 4), 0.02, Counts(), None, 2, False, None)


def said(moment: Moment, language: str = "ru", standing: Standing | None = STANDING) -> str:
    return why_now(moment, standing, words("en" if language == "en" else "ru")).replace(NBSP, " ")


def test_why_it_dials_so_many_is_said_in_its_own_numbers() -> None:
    assert said(MOMENT) == (
        "Набираем 3 звонка: свободно операторов 2, за 10 с освободится ещё около 1,4; в наборе 5, из них ответят около 1,6."
        " Кто ответит к тому времени, никого не застанет с шансом 11,8 %."
    )
    assert said(MOMENT, "en") == (
        "Dialing 3 calls: idle operators 2, about 1.4 more free within 10 s; calls in flight 5, of which about 1.6 will be"
        " answered. Whoever answers by then finds nobody with a chance of 11.8%."
    )


def test_the_bound_the_withdrawn_and_those_who_know_too_little_say_so() -> None:
    bound = replace(MOMENT, basis=Basis.BOUND)
    assert "Больше не даёт предел: разом можно потерять не больше 2." in said(bound)
    assert "не больше 2,7." in said(bound, standing=replace(STANDING, room=5))
    assert said(replace(MOMENT, placed=0, withdrawn=1)).startswith("Снимаем 1 звонок:")
    assert said(replace(MOMENT, placed=0)).startswith("Сейчас не набираем:")
    assert said(MOMENT, standing=replace(STANDING, room=0)).endswith("каждому звонку свой свободный оператор.")
    learning = replace(MOMENT, basis=Basis.LEARNING, needs=7)
    assert "один к одному: свободно операторов 2, в наборе 5. До прогноза ещё 7 законченных звонков." in said(learning)
    assert "It still needs 7 calls that have ended" in said(learning, "en")
    assert said(replace(learning, operators=0), "en") == "No operators are on the line: nobody is dialed."
    one_to_one = said(learning, standing=replace(STANDING, room=0))
    assert one_to_one.endswith(
        "До прогноза ещё 7 законченных звонков. Запас предела исчерпан: каждому звонку свой свободный оператор."
    )


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_panel_tells_beliefs_with_their_error_and_the_half_hour(language: str) -> None:
    pacer = Watched()
    simulate(pacer, World(((0.0, 8),), 1500.0, answer_probability=steady(0.3)), seed=2)
    panel = pacing_panel(pacer, pacer.watch, STANDING, 1500.0, words("en" if language == "en" else "ru"))
    assert len(panel.beliefs) == 4
    assert all(line.beside.startswith("± ") for line in panel.beliefs)
    assert [line.what for line in panel.half_hour][0] == ("Operators busy" if language == "en" else "Операторы заняты")
    busy = panel.half_hour[0]
    assert busy.value.endswith("%")
    assert busy.beside.endswith("%")
    assert "25" in panel.half_hour_title
    assert panel.budget is not None
    assert (panel.budget.spent, panel.budget.share) == ("4", 66.7)
    assert {panel.budget.allowed, panel.budget.left} == {"6", "2"}
    assert float(panel.budget.at_once.replace(",", ".")) <= STANDING.room
    spent = pacing_panel(pacer, pacer.watch, replace(STANDING, room=0), 1500.0, words("ru"))
    assert spent.budget is not None
    assert (spent.pill[2], spent.budget.at_once) == ("держит предел", "0")


def test_a_pacer_that_was_not_asked_yet_is_not_made_up() -> None:
    panel = pacing_panel(None, None, None, 0.0, words("ru"))
    assert (panel.beliefs, panel.half_hour, panel.budget) == ((), (), None)
    assert "ещё не звонила" in panel.why


async def test_the_page_of_a_predictive_campaign_shows_it_live(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    plain = (await browser.get(f"/campaigns/{campaign.id}/parts")).text
    assert '<div data-part="pacing"></div>' in plain
    await house.dialer.set_knobs(campaign.id, {"mode": "predictive"}, "chief")
    assert "ещё не звонила" in (await browser.get(f"/campaigns/{campaign.id}")).text
    await house.operator("Илья")
    await house.dialer.start(campaign.id, "chief")
    await house.dialer.tick()
    await house.dialer.settle()
    text = " ".join((await browser.get(f"/campaigns/{campaign.id}/parts")).text.replace(NBSP, " ").split())
    assert "Знаем слишком мало, поэтому один к одному: свободно операторов 1, в наборе 0." in text
    assert "До прогноза ещё 12 законченных звонков." in text
    assert "Ответит человек" in text
    assert "истрачено 0 из 0, осталось 0" in text

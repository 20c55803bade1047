"""Faults of an agent's telephone."""

import time

from tests.fakes.wait import until

from .faultlab import FaultLab
from .steps import finish, in_talk


async def a_telephone_is_out_of_reach(lab: FaultLab) -> float:
    """The agents' telephones answer nothing any more (SIGSTOP) as a customer is offered to one of them: he waits on in his place, and the
    agent is asked for nothing more. When they answer again, another agent is there at once. From then on until they talk."""
    first, second = lab.clerks
    number = lab.new_number()
    await first.be("ready")
    lab.desks.sipp.stand_still()
    try:
        async with lab.caller(number) as caller:
            await until(lambda: _is(lab, first.name, "not_responding"), "an agent who does not respond", within_s=40.0)
            waiting = await lab.contact_of(number, "queued")
            assert waiting["tries"] == 1
            lab.desks.sipp.go_on()
            begun = time.monotonic()
            await second.be("ready")
            talking = await lab.contact_of(number, "connected")
            took = time.monotonic() - begun
            assert talking["agent_id"] == second.id
            await in_talk(lab, number, caller)
            await finish(lab, second, number, caller)
    finally:
        lab.desks.sipp.go_on()
    for clerk in (first, second):
        await clerk.be("logged_out")
    return took


async def _is(lab: FaultLab, name: str, stance: str) -> bool:
    (agent,) = (each for each in (await lab.books()).agents if each["name"] == name)
    return bool(agent["stance"] == stance)

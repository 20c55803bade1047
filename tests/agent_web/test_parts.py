from cordboard.agent_web.parts import clock_state


def test_a_clock_that_jumped_is_told_with_its_remedy() -> None:
    assert clock_state(0.0) == "ok"
    assert clock_state(3600.0) == (
        "the machine's clock jumped by +3600 s: restart the engine at a quiet time to take the new time over"
    )
    assert "-3600 s" in clock_state(-3600.0)

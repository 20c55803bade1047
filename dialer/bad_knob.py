"""A knob that stands where it must not, named, so that the word about it can stand beside its field. Pure."""


class BadKnob(ValueError):
    """`knob`: its name within its group ("ratio"), or its whole dotted name."""

    def __init__(self, knob: str, reason: str) -> None:
        super().__init__(reason)
        self.knob = knob
        self.reason = reason

    def under(self, group: str) -> "BadKnob":
        """The same, the knob named with its group."""
        return BadKnob(f"{group}.{self.knob}", self.reason)

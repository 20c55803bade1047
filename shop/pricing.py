"""Who may agree on which price: a rule of the shop, not of the page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PriceRight:
    """What the editor may do to prices: set any, or take at most so many percent off what the product costs today (0: nothing)."""

    any_price: bool = False
    most_off_percent: int = 0

    def lowest(self, listed: int) -> int:
        """The lowest price (kopecks) of a product that costs `listed`; a started kopeck is the shop's."""
        return -(-listed * (100 - self.most_off_percent) // 100)

    def allows(self, listed: int, price: int) -> bool:
        """Whether `price` may stand for a product that costs `listed`. Nobody but who sets any price asks for more than it costs."""
        return self.any_price or self.lowest(listed) <= price <= listed


NO_RIGHT = PriceRight()
ANY_PRICE = PriceRight(any_price=True)

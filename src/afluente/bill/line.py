"""One line of a bill."""

from dataclasses import dataclass

from afluente.bill.price import Price


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity of something at a price.

    quantity: in `unit`s, as AWS bills them, rounded as AWS rounds. note: how the quantity came about.
    """

    service: str
    what: str
    quantity: float
    unit: str
    price: Price
    note: str = ""

    @property
    def usd(self) -> float:
        """What it costs, in US dollars."""
        return self.quantity * self.price.usd

"""What became of an order, and why a position was closed: two closed lists."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["ExitReason", "OrderStatus"]


class OrderStatus(StrEnum):
    """What became of the order of an event.

    Examples
    --------
    >>> OrderStatus("no_price").sentence
    'There was no price to trade at within the sessions that an order waits.'
    """

    FILLED = "filled"
    PARTLY_FILLED = "partly_filled"
    EXTENDED = "extended"
    IGNORED = "ignored"
    NO_SIGNAL = "no_signal"
    SIGNAL_UNKNOWN = "signal_unknown"
    UNKNOWN_SYMBOL = "unknown_symbol"
    NOT_IN_UNIVERSE = "not_in_universe"
    NO_PRICE = "no_price"
    NO_PREMARKET = "no_premarket"
    ANNOUNCEMENT_TOO_NEAR = "announcement_too_near"
    NO_HEDGE = "no_hedge"
    NO_VOLATILITY = "no_volatility"
    NO_BORROW = "no_borrow"
    MAX_POSITIONS = "max_positions"
    DAY_LIMIT = "day_limit"
    NAME_LIMIT = "name_limit"
    SECTOR_LIMIT = "sector_limit"
    LONG_LIMIT = "long_limit"
    SHORT_LIMIT = "short_limit"
    GROSS_LIMIT = "gross_limit"
    NET_LIMIT = "net_limit"
    ADV_LIMIT = "adv_limit"
    TOO_SMALL = "too_small"

    @property
    def sentence(self) -> str:
        """What the status means."""
        return _SENTENCES[self]


_SENTENCES = {
    OrderStatus.FILLED: "The whole order was filled.",
    OrderStatus.PARTLY_FILLED: "A limit left room for a part of the order, which was filled.",
    OrderStatus.EXTENDED: "An open position of the same side was kept for longer instead.",
    OrderStatus.IGNORED: "There was an open position in the symbol already.",
    OrderStatus.NO_SIGNAL: "The rule says neither long nor short.",
    OrderStatus.SIGNAL_UNKNOWN: "A value that the rule needs is missing.",
    OrderStatus.UNKNOWN_SYMBOL: "The prices hold no such symbol.",
    OrderStatus.NOT_IN_UNIVERSE: "The symbol was not in the universe when the decision was made.",
    OrderStatus.NO_PRICE: "There was no price to trade at within the sessions that an order waits.",
    OrderStatus.NO_PREMARKET: "The decision came too late for the premarket, or there was no usable quote.",
    OrderStatus.ANNOUNCEMENT_TOO_NEAR: "The next announcement came before the position could be closed.",
    OrderStatus.NO_HEDGE: "The hedge had no price on that date after the decision, or no beta.",
    OrderStatus.NO_VOLATILITY: "There are too few returns to size the position by its volatility.",
    OrderStatus.NO_BORROW: "The shares could not be borrowed.",
    OrderStatus.MAX_POSITIONS: "As many positions as allowed were open.",
    OrderStatus.DAY_LIMIT: "As many positions as allowed had been opened on that date.",
    OrderStatus.NAME_LIMIT: "The symbol had as much of the equity as allowed.",
    OrderStatus.SECTOR_LIMIT: "The sector had as much of the equity as allowed.",
    OrderStatus.LONG_LIMIT: "The long side was full.",
    OrderStatus.SHORT_LIMIT: "The short side was full.",
    OrderStatus.GROSS_LIMIT: "Gross exposure was full.",
    OrderStatus.NET_LIMIT: "Net exposure was full.",
    OrderStatus.ADV_LIMIT: "The share of the daily volume that may be traded buys nothing.",
    OrderStatus.TOO_SMALL: "The money for the position does not buy one share.",
}


class ExitReason(StrEnum):
    """Why a position was closed."""

    HORIZON = "horizon"
    """The sessions that it was to be held were over."""
    NEXT_ANNOUNCEMENT = "next_announcement"
    """The next announcement of the symbol was due."""
    STOP = "stop"
    """The loss reached the stop; at the open where the price gapped through it."""
    TARGET = "target"
    """The gain reached the target; at the open where the price gapped through it."""
    REVERSED = "reversed"
    """A new event of the symbol said the opposite."""
    DELISTED = "delisted"
    """The prices of the symbol end before those of its exchange."""
    END_OF_DATA = "end_of_data"
    """The prices end; the position is valued at the last close."""

"""The rules of a backtest as frozen values: what to trade, at which prices, how much, at what cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from eventstudy.backtest.expression import Expression
from eventstudy.backtest.view import View
from eventstudy.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from eventstudy.backtest.result import BacktestResult
    from eventstudy.backtest.trials import Trials
    from eventstudy.bars import BarPanel
    from eventstudy.events import Events
    from eventstudy.panels import FactorPanel, PricePanel

__all__ = ["Backtest", "Costs", "Limits"]

Entry = Literal["open", "next_open", "close", "premarket", "vwap", "bar"]
Hedge = Literal["none", "dollar", "beta", "sector"]
Sizing = Literal["equal", "inverse_volatility", "signal"]
DecideAt = Literal["news", "open", "close"]
Repeat = Literal["extend", "stack", "ignore"]
Universe = tuple[str, ...] | Mapping[str, tuple[tuple[str, str | None], ...]]


def _check_least(place: str, values: Mapping[str, float | None], least: float = 0.0) -> None:
    for name, value in values.items():
        if value is not None and not value >= least:
            raise InputError(f"{place}: {name} is {value}; a number of at least {least:g} was expected.")


def _check_choice(name: str, value: str, kind: object) -> None:
    if value not in get_args(kind):
        raise UnknownNameError(name, value, get_args(kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What trading costs (METHODS 8.5); rates are decimals, annual where they accrue.

    Parameters
    ----------
    commission : float
        Share of the notional of each fill.
    per_share : float
        Commission a share, in the currency of the listing.
    minimum : float
        Least commission of a fill.
    half_spread : float
        Half the quoted spread as a share of the price, where no bucket says better.
    spread_buckets : tuple of (float, float)
        Half-spreads by liquidity: pairs of a least average daily dollar volume and the half-spread from there on.
    impact : float
        ``Y`` of the square-root law, ``Y sigma_d sqrt(Q / ADV)``; 0 for none.
    auction_impact : float
        What a fill in an opening or closing auction pays of it.
    borrow : float
        Fee on the market value of shorts a year, over calendar days and a year of 360.
    hard_to_borrow : mapping of str to float
        The same by symbol.
    no_borrow : tuple of str
        Symbols of which no share can be borrowed; recalls are not modelled.
    risk_free : float
        Riskless rate a year, where the factors given have none.
    financing : float
        Paid above the riskless rate on gross exposure beyond the equity.
    cash_earns : bool
        Whether idle cash earns the riskless rate.

    Examples
    --------
    >>> Costs(half_spread=0.001).impact
    1.0
    """

    commission: float = 0.0
    per_share: float = 0.0
    minimum: float = 0.0
    half_spread: float = 0.0005
    spread_buckets: tuple[tuple[float, float], ...] = ()
    impact: float = 1.0
    auction_impact: float = 0.5
    borrow: float = 0.003
    hard_to_borrow: Mapping[str, float] = field(default_factory=dict)
    no_borrow: tuple[str, ...] = ()
    risk_free: float = 0.0
    financing: float = 0.015
    cash_earns: bool = True

    def __post_init__(self) -> None:
        rates = ("commission", "per_share", "minimum", "half_spread", "impact", "auction_impact", "borrow", "financing")
        _check_least("costs", {name: getattr(self, name) for name in rates})

    @classmethod
    def none(cls) -> Costs:
        """Return the costs of a world without any."""
        return cls(half_spread=0.0, impact=0.0, borrow=0.0, financing=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a position or the book may not exceed; shares are of the equity at the last close.

    Hedges are counted in gross and net exposure, but no limit keeps one from its position.

    Parameters
    ----------
    positions : int
        Most positions at a time; an order asks for ``long / positions`` of the equity.
    day : int, optional
        Most positions opened on one date.
    name, sector : float, optional
        Most exposure in one symbol, and in the symbols of one sector.
    long, short : float
        Most exposure of each side.
    gross, net : float, optional
        Most exposure of both sides together, and of their difference.
    adv : float, optional
        Most of the average daily dollar volume of 20 sessions that an order may be; where the volume is unknown the
        trade is flagged.

    Examples
    --------
    >>> Limits(positions=10).adv
    0.01
    """

    positions: int = 20
    day: int | None = None
    name: float | None = None
    sector: float | None = None
    long: float = 1.0
    short: float = 1.0
    gross: float | None = None
    net: float | None = None
    adv: float | None = 0.01

    def __post_init__(self) -> None:
        _check_least("limits", {"positions": self.positions, "day": self.day}, 1)
        shares = ("name", "sector", "long", "short", "gross", "net", "adv")
        _check_least("limits", {name: getattr(self, name) for name in shares})


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """A rule that trades events: who could have earned the reaction or the drift, and what was left after costs.

    Parameters
    ----------
    entry : {"open", "next_open", "close", "premarket", "vwap", "bar"}
        ``open``: the first open auction after the decision. ``next_open``: not before the open of day +1.
        ``close``: the first close auction after the decision. ``premarket``: the quoted premarket price of day 0, worse
        by `haircut`. ``vwap``: the first `minutes` after that open, and ``bar``: the open of the first bar that starts
        after the decision; both need bars. A bar with an open was traded, also where its volume is zero: many vendors
        know no volume outside the session, so leave out bars that a vendor filled in.
    exit_after : int, optional
        Closed at the close of this many sessions after the entry.
    side : str or callable
        An expression over the values of the event and ``reaction``, ``gap``, ``premarket``, with ``sign``, ``abs``,
        ``min``, ``max``, ``log``, ``isnan``, ``quantile(x, n)`` and ``expanding_quantile(x, n)``; or a function of a
        `View`. Its sign is the side, 0 and NaN are no trade.
    strength : str, optional
        An expression by which orders of one auction queue; the size of the signal without it. Ties go by ticker.
    decide_at : {"news", "open", "close"}, optional
        When a function is asked: after the announcement, after the open of day 0, after its close. Without it after
        the close for ``next_open``, else after the announcement. An expression is decided once all that it names is
        known; a premarket quote is half an hour before the open of day 0, and a function asked sooner is shown NaN.
    hedge : {"none", "dollar", "beta", "sector"}
        An opposite position in `hedge_with` of the same notional, or of beta times it; ``sector`` is ``dollar`` in
        the symbol that `hedge_with` has for the sector of the event. On another exchange it is traded at its own open
        or close of the same date, and one that was over at the decision is no hedge; one that comes before the
        position's own is sized by what is ordered. It leaves at the close of the date on which its position was
        planned to leave, and where a stop, a target, a reversal or a delisting comes before that at its first auction
        from then on.
    hedge_with : str or mapping, optional
        Symbol of the hedge, or one by sector; none without a `hedge`.
    sizing : {"equal", "inverse_volatility", "signal"}
        Equal notional; or times ``volatility / sigma``, at most twice; or times the size of the signal, at most once.
    costs : Costs
        What trading costs.
    limits : Limits
        What may not be exceeded.
    capital : float
        Equity at the start.
    latency : int
        Seconds from what is known to the order; 900 suits a person.
    tag_minutes : int
        How long before the open or after the close an announcement without a time counts as known.
    cutoff_minutes : int
        How long before an auction orders must be in.
    haircut : float
        By how much a premarket fill is worse than the quote.
    minutes : int
        Length of the ``vwap``.
    stop, target : float, optional
        Loss and gain, as shares of the entry price, that close the position.
    before_next_announcement : bool
        Whether it is closed at the last close before the next announcement of the symbol, where that was known.
    repeat : {"extend", "stack", "ignore"}
        What a new event does to an open position of its symbol; ``extend`` holds on, or reverses where it disagrees.
    patience : int
        Sessions that an order waits for a price.
    delisting : float
        Return from the last close to what is paid, where a symbol ends before its exchange's prices.
    universe : tuple or mapping, optional
        Symbols that may be traded; by symbol ``((since, until), ...)`` in ISO dates, which an audit accepts, or a bare
        list, which it does not.
    sector : str
        Group of the events that holds the sector.
    volatility : float
        Daily volatility of a whole position under ``inverse_volatility``.
    beta_window : (int, int)
        Sessions from day 0 over which beta is estimated; it ends before the event.

    Examples
    --------
    >>> import eventstudy as es
    >>> sample = es.datasets.load_alibaba()
    >>> rule = Backtest(side="sign(revenue_growth)", exit_after=5, limits=Limits(positions=1))
    >>> rule.run(sample.events, sample.prices)
    BacktestResult(6 events, 6 trades, net 2,754 on 1,000,000)
    """

    entry: Entry = "next_open"
    exit_after: int | None = 20
    side: str | Callable[[View], float] = "sign(surprise)"
    strength: str | None = None
    decide_at: DecideAt | None = None
    hedge: Hedge = "none"
    hedge_with: str | Mapping[str, str] | None = None
    sizing: Sizing = "equal"
    costs: Costs = field(default_factory=Costs)
    limits: Limits = field(default_factory=Limits)
    capital: float = 1_000_000.0
    latency: int = 60
    tag_minutes: int = 30
    cutoff_minutes: int = 10
    haircut: float = 0.0025
    minutes: int = 15
    stop: float | None = None
    target: float | None = None
    before_next_announcement: bool = False
    repeat: Repeat = "extend"
    patience: int = 5
    delisting: float = 0.0
    universe: Universe | None = None
    sector: str = "sector"
    volatility: float = 0.02
    beta_window: tuple[int, int] = (-250, -11)

    def __post_init__(self) -> None:
        _check_choice("entry", self.entry, Entry)
        _check_choice("hedge", self.hedge, Hedge)
        _check_choice("sizing", self.sizing, Sizing)
        _check_choice("way with a repeated event", self.repeat, Repeat)
        if self.decide_at is not None:
            _check_choice("time of decision", self.decide_at, DecideAt)
        counts = ("latency", "tag_minutes", "cutoff_minutes", "haircut", "patience", "exit_after", "stop", "target")
        _check_least("backtest", {name: getattr(self, name) for name in counts})
        _check_least("backtest", {"capital": self.capital, "minutes": self.minutes}, 1)
        self._check_exits()
        self._check_hedge()
        for text in (self.side, self.strength):
            if isinstance(text, str):
                Expression(text)

    def _check_exits(self) -> None:
        if self.exit_after == 0 and self.entry == "close":
            raise InputError("backtest: entry is close and exit_after 0; that buys and sells in one auction.")
        if not self.delisting >= -1.0:
            raise InputError(f"backtest: delisting is {self.delisting}; a return of at least -1 was expected.")

    def _check_hedge(self) -> None:
        if self.hedge != "none" and self.hedge_with is None:
            raise InputError(f"backtest: the hedge {self.hedge!r} needs hedge_with, the symbol to hedge with.")
        if self.hedge == "none" and self.hedge_with is not None:
            raise InputError(
                "backtest: hedge_with is given and hedge is none; say hedge: dollar, beta or sector, or leave it out."
            )
        wanted: type = Mapping if self.hedge == "sector" else str
        if self.hedge != "none" and not isinstance(self.hedge_with, wanted):
            raise InputError("backtest: hedge_with is a symbol for dollar and beta, one by sector for sector.")
        if not self.beta_window[0] < self.beta_window[1] < 0:
            raise InputError(f"backtest: beta_window is {self.beta_window}; it must end before day 0.")

    @property
    def hedge_symbols(self) -> tuple[str, ...]:
        """Symbols that hedges are made of."""
        if self.hedge == "none" or self.hedge_with is None:
            return ()
        found = (self.hedge_with,) if isinstance(self.hedge_with, str) else self.hedge_with.values()
        return tuple(dict.fromkeys(found))

    def run(
        self,
        events: Events,
        prices: PricePanel,
        bars: BarPanel | None = None,
        factors: FactorPanel | None = None,
        trials: Trials | None = None,
    ) -> BacktestResult:
        """Trade the events.

        Parameters
        ----------
        events : Events
            E announcements.
        prices : PricePanel
            Prices of their symbols and of the hedges, in one currency. Symbols with adjusted prices only are traded in
            fractions and flagged; symbols with returns only at the close, on an index of their returns.
        bars : BarPanel, optional
            For the entries ``vwap`` and ``bar``, and measured premarket prices.
        factors : FactorPanel, optional
            The riskless return of each day, and what alpha is measured against.
        trials : Trials, optional
            Variants tried before; the deflated Sharpe ratio counts them.

        Raises
        ------
        UnknownNameError
            For a name in the rule that the events don't have, or a hedge that the prices don't have.
        InputError
            Where the rule needs what is not there: bars, opens.
        """
        from eventstudy.backtest.engine import run

        return run(self, events, prices, bars, factors, trials)

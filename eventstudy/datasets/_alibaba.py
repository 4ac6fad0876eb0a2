"""Alibaba and two benchmarks, March 2024 to September 2025, with six results announcements."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from eventstudy.events import Events
from eventstudy.frames import Origin
from eventstudy.panels import Basis, PricePanel

if TYPE_CHECKING:
    import pandas as pd

_FOLDER = files("eventstudy.datasets") / "alibaba"

# SPY and KWEB are published back-adjusted only: their returns are right, their levels are not the tape's.
_PRICE_FILES = {
    "BABA": ("BABA.csv", Basis.UNADJUSTED),
    "SPY": ("SPY_adjusted.csv", Basis.ADJUSTED),
    "KWEB": ("KWEB_adjusted.csv", Basis.ADJUSTED),
}


@dataclass(frozen=True, slots=True, eq=False)
class Alibaba:
    """What `load_alibaba` returns; its columns are described there.

    Parameters
    ----------
    prices : PricePanel
        BABA, KWEB and SPY over 377 sessions of New York.
    events : Events
        Six results announcements of BABA.
    news : DataFrame
        Four other news items: ``date``, ``symbol``, ``what``.
    description : str
        Columns, units and origin of every file, in Markdown.
    """

    prices: PricePanel
    events: Events
    news: pd.DataFrame
    description: str

    def __repr__(self) -> str:
        symbols = ", ".join(self.prices.symbols)
        return f"Alibaba(prices: {symbols}; events: {len(self.events)}; news: {len(self.news)})"


def load_alibaba() -> Alibaba:
    """Return the embedded sample: daily prices of BABA, SPY and KWEB, and BABA's results announcements.

    Returns
    -------
    Alibaba
        `prices` and `events` can't be changed and are made once; `news` is read anew on every call, so that nobody's
        changes to it reach anybody else.

    Notes
    -----
    ``prices``, 377 sessions from 2024-03-20 to 2025-09-19, none missing:

    ============================== ====================================================================
    open, close                    Regular session, USD. BABA unadjusted, as traded, in cents; SPY and
                                   KWEB back-adjusted for dividends (basis ``adjusted``), 4 decimals.
    high, low, volume              BABA only: extremes of the session in USD, ADS traded; else NaN.
    dividend                       BABA only: 1.66 USD per ADS ex 2024-06-13, 2.00 USD ex 2025-06-12.
    split                          1 throughout.
    total_return                   Decimal per session. BABA: from closes and dividends; SPY and KWEB:
                                   from adjusted closes. NaN on the first session.
    ============================== ====================================================================

    ``events``, one row a quarter, 2024Q1 to 2025Q2 (calendar quarter reported on), all before the open:

    ============================== ====================================================================
    announced_at                   Newswire time, UTC; known to the minute for two, NaT for the others.
    date, timing                   New York date; ``before_open``.
    groups: period_end             Last day of the quarter reported on.
    groups: company                The name in words, Alibaba.
    eps_estimate, eps_actual       Non-GAAP, RMB per ADS: consensus, reported.
    net_income_estimate, _actual   Attributable to ordinary shareholders, billions of RMB.
    revenue_growth, cloud_growth,  Against the year before, decimals.
    international_growth
    premarket_quote                Move before the open against the previous close, a decimal, as the
                                   press quoted it; not a measured price.
    ============================== ====================================================================

    NaN means not known, never zero. Consensus figures differ between providers.

    Prices were typed by hand and rounded from the public tables of Yahoo prices in the GitHub repository
    zhangjing02/StockDataSave (commit 2b9d802); BABA's were computed back to unadjusted from its two dividends.
    The source of each figure in the events and news was not recorded. `Alibaba.description` says more.

    Examples
    --------
    >>> sample = load_alibaba()
    >>> sample
    Alibaba(prices: BABA, KWEB, SPY; events: 6; news: 4)
    >>> float(sample.events.values["premarket_quote"][sample.events.position("BABA-2024Q4")])
    0.11
    """
    return Alibaba(
        prices=_prices(),
        events=_events(),
        news=_table("news.csv", dates=["date"]),
        description=(_FOLDER / "README.md").read_text(encoding="utf-8"),
    )


def _table(name: str, dates: list[str] | None = None) -> pd.DataFrame:
    import pandas as pd

    with (_FOLDER / name).open(encoding="utf-8") as file:
        return pd.read_csv(file, parse_dates=dates)


@cache
def _events() -> Events:
    table = _table("earnings.csv").assign(company="Alibaba")
    return Events.from_frame(table, source="sample", origin=Origin("earnings.csv", 2))


@cache
def _prices() -> PricePanel:
    import pandas as pd

    tables = [_table(name).assign(symbol=symbol) for symbol, (name, _) in _PRICE_FILES.items()]
    dividends = _table("dividends.csv").rename(columns={"ex_date": "date", "amount": "dividend"})
    table = pd.concat(tables).merge(dividends, on=["symbol", "date"], how="left", validate="one_to_one")
    return PricePanel.from_frame(table, basis={symbol: basis for symbol, (_, basis) in _PRICE_FILES.items()})

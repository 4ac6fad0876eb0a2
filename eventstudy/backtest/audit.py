"""The audit: the proof that no trade saw the future, and the placebos that would show what the proof missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy._typing import Ints, Labels
from eventstudy.backtest.closures import held, is_own_object, replaced, texts, words
from eventstudy.backtest.decide import Decisions, Market, decide
from eventstudy.backtest.destroy import WAYS, ShreddedEvents, ShreddedPrices, shred
from eventstudy.backtest.expression import Expression
from eventstudy.backtest.orders import Orders, market_of, plan
from eventstudy.backtest.placebo import placebo, shifted
from eventstudy.backtest.suspects import full_sample, price_made
from eventstudy.backtest.view import View
from eventstudy.events import Confirmation, Events, place
from eventstudy.panels import PricePanel

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.backtest.rules import Backtest
    from eventstudy.bars import BarPanel

__all__ = ["CHECKS", "Audit", "Finding", "audit"]

CHECKS = {
    "look_ahead": "Each decision is the same when everything that came after it is destroyed.",
    "order_of_time": "Everything was known before the order, and the order was sent before the fill.",
    "held_data": "A function holds no data of its own that can't be cut at the decision.",
    "universe": "What may be traded is known by its dates, not as of today.",
    "full_sample": "No value is ranked or standardised over all events.",
    "price_made": "No value is a move of the price that came later.",
    "revised_dates": "No date was traded on that was an estimate, revised nobody says when.",
    "placebo_dates": "What it earns on random dates, before costs, lies within three standard deviations of nothing.",
    "placebo_firms": "What it earns on random firms, before costs, lies within three standard deviations of nothing.",
    "one_session_later": "Announcements one session later do not improve it.",
    "survivors": "The prices are not those of survivors alone, as far as they tell.",
}
"""Every check by its name, with what it makes sure of (METHODS 8.7)."""

Z = 1.645
PLACEBO_Z = 3.0
MANY = 30
NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that an audit found.

    Parameters
    ----------
    check : str
        A key of `CHECKS`.
    fails : bool
        Whether the audit fails by it; else it is to be known.
    sentence : str
        What was found.
    events : tuple of str
        Where.
    """

    check: str
    fails: bool
    sentence: str
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found; it shows itself in a notebook.

    Parameters
    ----------
    findings : tuple of Finding
        Those that fail first.
    decisions, orders : int
        How many decisions were made again, and how many orders came of them.
    """

    findings: tuple[Finding, ...]
    decisions: int
    orders: int

    @property
    def passed(self) -> bool:
        """Whether nothing was found by which it fails."""
        return not any(finding.fails for finding in self.findings)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a check: what it makes sure of, passed, noted or failed, what was found."""
        import pandas as pd

        rows = []
        for check, sentence in CHECKS.items():
            found = [each for each in self.findings if each.check == check]
            verdict = "failed" if any(each.fails for each in found) else "noted" if found else "passed"
            said = " ".join(each.sentence for each in found)
            rows.append({"check": check, "verdict": verdict, "rule": sentence, "found": said})
        return pd.DataFrame(rows)

    def summary(self, *, color: bool = False, width: int = 100) -> str:
        """Return the audit as text."""
        from eventstudy.reports.terminal import render_tables
        from eventstudy.reports.trading import audit_table

        word = "passed" if self.passed else "FAILED"
        head = f"The audit {word}: {self.decisions:,} decisions were made again with the future destroyed."
        return render_tables([head], [audit_table(self.to_frame())], color=color, width=width)

    def _repr_html_(self) -> str:
        from eventstudy.reports.html import fragment
        from eventstudy.reports.trading import audit_table

        return fragment(audit_table(self.to_frame()))


def audit(
    backtest: Backtest,
    events: Events,
    prices: PricePanel,
    bars: BarPanel | None = None,
    *,
    draws: int = 49,
    seed: int = 0,
) -> Audit:
    """Prove that no trade saw the future, or say where one did.

    Parameters
    ----------
    backtest : Backtest
        The rule. A function is looked into: panels and events that it holds are destroyed as well, other data that
        it holds can't be cut and is a finding.
    events : Events
        E announcements.
    prices : PricePanel
        Prices.
    bars : BarPanel, optional
        For entries on bars, which have no placebo.
    draws, seed : int
        Of each placebo.

    Returns
    -------
    Audit
        Passed, and the findings.

    Examples
    --------
    >>> import eventstudy as es
    >>> sample = es.datasets.load_alibaba()
    >>> rule = es.Backtest(side="sign(revenue_growth)", exit_after=5)
    >>> es.audit(rule, sample.events, sample.prices).passed
    True
    """
    market = market_of(backtest, events.ordered(), prices)
    orders, decisions, _ = plan(backtest, market, bars)
    names = _names(backtest, events)
    found = [
        *_look_ahead(backtest, market, decisions),
        *_order_of_time(market, orders),
        *_held_data(backtest, market),
        *_universe(backtest),
        *_values("full_sample", "made from events that came later", full_sample(market, names)),
        *_values("price_made", "known later than the announcement", price_made(market, names)),
        *_revised(market, orders),
        *_survivors(market),
    ]
    if len(orders) and bars is None and draws > 0:
        found += [*_placebos(backtest, market, orders, draws, seed), *_later(backtest, market, orders)]
    found.sort(key=lambda finding: not finding.fails)
    return Audit(tuple(found), int((market.codes >= 0).sum()), len(orders))


def _names(rule: Backtest, events: Events) -> frozenset[str]:
    """Return the values of the events that a rule uses: the names in its expressions, the words in its function."""
    parts = [each for each in (rule.side, rule.strength) if each is not None]
    named = (Expression(each).names if isinstance(each, str) else texts(each) for each in parts)
    return frozenset().union(*named) & frozenset(events.values)


def _look_ahead(rule: Backtest, market: Market, decisions: Decisions) -> Iterator[Finding]:
    """Make every decision again, from the last to the first, with what came after it destroyed."""
    rows = np.flatnonzero(market.codes >= 0)
    moments = decisions.information[rows]
    changed: dict[int, set[str]] = {}
    for way in WAYS:
        prices, events, copy = shred(market, way)
        blind, others = _blinded(rule, market, prices, events, way)
        for moment in np.unique(moments)[::-1]:
            for each in (prices, events, *others):
                each.destroy_after(moment)
            here = rows[moments == moment]
            for row, name in _differing(decisions, decide(blind, copy, here), here):
                changed.setdefault(row, set()).add(name)
    if changed:
        what = sorted(set().union(*changed.values()))
        where = tuple(str(market.events.event_id[row]) for row in sorted(changed))
        yield Finding(
            "look_ahead",
            True,
            f"{len(changed)} of {len(rows)} decisions change ({', '.join(what)}) when what came after them is "
            f"destroyed: {_some(where)}.",
            where,
        )


def _differing(first: Decisions, second: Decisions, rows: Ints) -> Iterator[tuple[int, str]]:
    """Yield the rows whose decisions are not the same twice, each with what differs."""
    for name in ("signal", "strength", "sigma", "adv", "moment", "status"):
        one, other = getattr(first, name)[rows], getattr(second, name)[rows]
        differs = one != other
        if one.dtype.kind == "f":
            differs &= ~(np.isnan(one) & np.isnan(other))
        for row in rows[differs]:
            yield int(row), name


Shredded = ShreddedPrices | ShreddedEvents


def _blinded(
    rule: Backtest, market: Market, prices: ShreddedPrices, events: ShreddedEvents, way: str
) -> tuple[Backtest, list[Shredded]]:
    """Return the rule with destroyable copies of whatever panels and events its function holds, and those copies."""
    if isinstance(rule.side, str):
        return rule, []
    others: dict[int, Any] = {id(market.prices): prices.panel, id(market.events): events.events}
    copies: list[Shredded] = []
    for _, value in held(rule.side):
        if id(value) in others:
            continue
        if isinstance(value, PricePanel):
            panel = ShreddedPrices(value, way)
            others[id(value)] = panel.panel
            copies.append(panel)
        elif isinstance(value, Events):
            table = ShreddedEvents(value, _known(value), way)
            others[id(value)] = table.events
            copies.append(table)
    side: Callable[[View], float] = replaced(rule.side, others)
    return replace(rule, side=side), copies


def _known(events: Events) -> Any:
    """Return when rows of some events were known, by the close of their day 0 where nobody says."""
    placed = place(events)
    known = events.announced_at.copy()
    for code, calendar in placed.calendars.items():
        rows = np.flatnonzero((events.calendar == code) & np.isnat(known))
        inside = np.minimum(placed.day0[rows], len(calendar.sessions) - 1)
        known[rows] = calendar.opens[inside] - np.timedelta64(30 * 60, "s")
    return np.where(np.isnat(events.known_at), known, np.maximum(known, events.known_at))


def _order_of_time(market: Market, orders: Orders) -> Iterator[Finding]:
    wrong = (orders.information > orders.decision) | (orders.decision > orders.entry_time)
    wrong |= (market.clock.news[orders.row] > orders.decision) | (orders.decision > orders.hedge_time)
    if wrong.any():
        where = _ids(market, orders.row[wrong])
        said = f"{len(where)} of {len(orders)} orders were filled before they were sent: {_some(where)}."
        yield Finding("order_of_time", True, said, where)


def _held_data(rule: Backtest, market: Market) -> Iterator[Finding]:
    """Return what a function holds that can't be cut at a decision."""
    if isinstance(rule.side, str):
        return
    symbols = set(market.tape.listing.symbols) | set(market.events.symbol)
    reached = held(rule.side)
    copies = {id(value): None for _, value in reached if isinstance(value, PricePanel | Events)}
    stuck = {id(value) for _, value in held(replaced(rule.side, copies))}
    for name, value in reached:
        if isinstance(value, PricePanel | Events):
            fails, kind = id(value) in stuck, type(value).__name__
            where = ", where no copy of it can be put in its place" if fails else ""
            said = f"The function holds {name!r}, a {kind}{where}; a View shows what was known."
            yield Finding("held_data", fails, said)
        elif (listed := words(value) & symbols) and len(listed) > 1:
            said = f"The function holds {name!r}, a list of {len(listed)} symbols without dates."
            yield Finding("universe", True, said)
        elif _is_data(value):
            kind = type(value).__name__
            said = f"The function holds {name!r}, a {kind} of data that can't be cut; make it a value of the events."
            yield Finding("held_data", True, said)
        elif type(value).__module__ not in ("builtins", "eventstudy.backtest.view") and not is_own_object(value):
            kind = type(value).__name__
            said = f"The function holds {name!r}, a {kind}; if it was fitted, then on what was known by when?"
            yield Finding("held_data", False, said)


def _is_data(value: Any) -> bool:
    module = type(value).__module__.split(".")[0]
    if isinstance(value, np.ndarray):
        return value.size > 1
    if module in ("pandas", "polars", "pyarrow"):
        return hasattr(value, "shape") or hasattr(value, "schema")
    return module == "eventstudy" and any(isinstance(each, np.ndarray) for each in _slots(value))


def _slots(value: Any) -> list[Any]:
    return [getattr(value, name, None) for name in getattr(type(value), "__slots__", ())]


def _universe(rule: Backtest) -> Iterator[Finding]:
    if isinstance(rule.universe, tuple):
        yield Finding("universe", True, "The universe is a list without dates: who is in it today was not known then.")


def _values(check: str, why: str, found: Iterator[tuple[str, str]]) -> Iterator[Finding]:
    for name, mark in found:
        verb = mark if check == "full_sample" else f"is {mark}"
        yield Finding(check, True, f"The value {name!r} {verb}: {why}.")


def _revised(market: Market, orders: Orders) -> Iterator[Finding]:
    events = market.events
    estimated = np.asarray(events.confirmation == Confirmation.ESTIMATED) & np.isnat(events.known_at)
    rows = orders.row[estimated[orders.row]]
    if rows.size:
        where = _ids(market, rows)
        said = f"{len(where)} trades are on estimated dates of which nobody says when they were known: {_some(where)}."
        yield Finding("revised_dates", True, said, where)


def _survivors(market: Market) -> Iterator[Finding]:
    listing = market.tape.listing
    if len(listing.symbols) >= MANY:
        ends = {name: listing.last_session_of(name) for name in listing.exchanges}
        alive = [last == ends[calendar.code] for calendar, last in zip(listing.calendars, listing.last, strict=True)]
        if all(alive):
            said = f"All {len(alive)} symbols last to the end of the prices: those that died are missing."
            yield Finding("survivors", False, said)


def _placebos(rule: Backtest, market: Market, orders: Orders, draws: int, seed: int) -> Iterator[Finding]:
    one_sided = len(set(np.sign(orders.signal))) == 1
    for kind in ("dates", "firms"):
        made = placebo(rule, market, kind, draws=draws, seed=seed)
        if abs(made.z) > PLACEBO_Z:
            mean = float(np.nanmean(made.draws))
            why = "; with one side only, that is the market's own drift" if one_sided else ""
            off = f"{made.z:+.1f} standard deviations of the draws from 0{why}"
            said = f"On random {kind} a trade earns {mean:+.2%} before costs, {off}."
            yield Finding(f"placebo_{kind}", not one_sided, said)


def _later(rule: Backtest, market: Market, orders: Orders) -> Iterator[Finding]:
    """Compare with the same strategy on announcements that come a session later."""
    later = shifted(rule, market)
    if len(orders) < 2 or len(later) < 2:
        return
    gain = float(later.mean() - orders.gross.mean())
    error = float(np.sqrt(later.var(ddof=1) / len(later) + orders.gross.var(ddof=1) / len(orders)))
    if gain > Z * error:
        said = f"With every announcement a session later a trade earns {gain:+.2%} more: the events stand too early."
        yield Finding("one_session_later", True, said)


def _ids(market: Market, rows: Ints) -> tuple[str, ...]:
    labels: Labels = market.events.event_id[rows]
    return tuple(str(each) for each in labels)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more

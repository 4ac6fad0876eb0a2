"""The audit: what is honest passes, and what cheats is caught."""

from __future__ import annotations

import functools
import types
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import CubicSpline

import eventstudy as es
from eventstudy.backtest import Audit, Backtest, Limits, View, audit
from eventstudy.backtest.audit import CHECKS
from eventstudy.backtest.closures import held, replaced
from eventstudy.events import Events, place
from tests.backtest.made import events, moment, random_events, random_market

PRICES = random_market(11)
EVENTS = random_events(12)
LIMITS = Limits(positions=10)


def failed(found: Audit) -> set[str]:
    """Return the checks by which an audit fails."""
    return {each.check for each in found.findings if each.fails}


def check(side: str | Callable[[View], float], table: Events = EVENTS, **options: Any) -> Audit:
    rule = Backtest(**{"side": side, "entry": "next_open", "exit_after": 5, "limits": LIMITS} | options)
    return audit(rule, table, PRICES, draws=0)


def follow_the_past(view: View) -> float:
    """Return the side of the last five known returns: an honest rule."""
    return float(np.sign(np.nansum(view.series().total_return[-5:])))


def fade_own_history(view: View) -> float:
    """Return the side opposite to the mean of the symbol's own earlier surprises."""
    past = view.past_events(view.symbol).values["surprise"]
    return float(-np.sign(past.mean())) if len(past) else 0.0


@pytest.mark.parametrize(
    "side",
    [
        "sign(surprise)",
        "sign(reaction)",
        "quantile(surprise, 3) == 3",
        "expanding_quantile(reaction, 4) == 1",
        "(gap > 0) - (gap < 0)",
        follow_the_past,
        fade_own_history,
    ],
)
@pytest.mark.parametrize("entry", ["next_open", "close"])
def test_an_honest_rule_passes(side: Any, entry: str) -> None:
    found = check(side, entry=entry)
    assert found.passed, found.findings
    assert found.decisions == len(EVENTS)


def day0_close(view: View, panel: es.PricePanel) -> float:
    """Return the direction of day 0, which is not over when its open is traded."""
    series = panel.series(view.symbol)
    place = int(np.searchsorted(series.sessions, np.datetime64(view.date)))
    return float(np.sign(series.close[place] / series.close[place - 1] - 1))


def full_sample_quantile(view: View, table: Events) -> float:
    """Return whether the surprise is in the top third of all there ever were."""
    return float(view.values["surprise"] > np.quantile(table.values["surprise"], 2 / 3))


class Strategy:
    """Holds on to the prices in an attribute."""

    def __init__(self, panel: es.PricePanel) -> None:
        self.panel = panel

    def __call__(self, view: View) -> float:
        return day0_close(view, self.panel)

    def decide(self, view: View) -> float:
        return self(view)


def hidden_in_a_list(view: View) -> float:
    """Return the same, with the prices in a list of this module."""
    return day0_close(view, HOARD[0])


HOARD = [PRICES]


@pytest.mark.parametrize(
    "side",
    [
        lambda view: day0_close(view, PRICES),
        functools.partial(day0_close, panel=PRICES),
        Strategy(PRICES),
        Strategy(PRICES).decide,
        hidden_in_a_list,
        lambda view: day0_close(view, random_copy()),
    ],
    ids=["global", "partial", "object", "method", "list", "copy"],
)
def test_the_close_of_day_0_at_its_open_is_caught(side: Callable[[View], float]) -> None:
    found = check(side, entry="open")
    assert "look_ahead" in failed(found)
    worst = next(each for each in found.findings if each.check == "look_ahead")
    assert len(worst.events) > len(EVENTS) / 2
    assert "signal" in worst.sentence


class Slotted:
    """Holds on to the prices without a dictionary of its own."""

    __slots__ = ("panel",)

    def __init__(self, panel: es.PricePanel) -> None:
        self.panel = panel


SLOTTED, NAMED, NUMBERED, UNORDERED = Slotted(PRICES), {"prices": PRICES}, (PRICES,), {PRICES}
SPACE = types.SimpleNamespace(prices=PRICES)


def count_down(view: View, left: int) -> float:
    """Return the direction of day 0, by a function that calls itself."""
    return count_down(view, left - 1) if left else day0_close(view, NAMED["prices"])


def nested(side: Callable[[View], float], depth: int) -> Callable[[View], float]:
    """Return a function that calls another, and so on to the one given."""

    def outer(view: View) -> float:
        return inner(view)

    inner = nested(side, depth - 1) if depth else side
    return outer


@pytest.mark.parametrize(
    "side",
    [
        lambda view: day0_close(view, NAMED["prices"]),
        lambda view: day0_close(view, NUMBERED[0]),
        lambda view: day0_close(view, next(iter(UNORDERED))),
        lambda view: day0_close(view, SLOTTED.panel),
        lambda view: day0_close(view, SPACE.prices),
        lambda view: max(day0_close(view, PRICES) for _ in range(1)),
        lambda view: count_down(view, 3),
        nested(lambda view: day0_close(view, PRICES), 8),
    ],
    ids=["dict", "tuple", "set", "slots", "namespace", "inner", "recursive", "deep"],
)
def test_prices_are_cut_wherever_a_function_keeps_them(side: Callable[[View], float]) -> None:
    assert "look_ahead" in failed(check(side, entry="open"))


class Settings:
    """Keeps the prices in the class."""

    panel = PRICES


class Pair(NamedTuple):
    """Keeps the prices in a tuple of a kind of its own."""

    panel: es.PricePanel


class Methods:
    """Calls its own methods, the last of which names the prices."""

    def decide(self, view: View) -> float:
        return self.first(view)

    def first(self, view: View) -> float:
        return self.second(view) if self.eager else 0.0

    def second(self, view: View) -> float:
        return day0_close(view, PRICES)

    @property
    def eager(self) -> bool:
        return bool(EAGER)

    def other(self) -> list[str]:
        """Return what no decision asks for."""
        return SYMBOLS


class Inheriting(Settings):
    """Has the prices from the class above."""

    def decide(self, view: View) -> float:
        return day0_close(view, self.panel)


EAGER = (1.0,)
SYMBOLS = ["S01", "S02"]
PAIR, ORDERED = Pair(PRICES), OrderedDict(prices=PRICES)
READ_ONLY, QUEUE = types.MappingProxyType({"prices": PRICES}), deque([PRICES])


@pytest.mark.parametrize(
    "side",
    [
        lambda view: day0_close(view, Settings.panel),
        lambda view: day0_close(view, PAIR.panel),
        lambda view: day0_close(view, ORDERED["prices"]),
        lambda view: day0_close(view, READ_ONLY["prices"]),
        lambda view: day0_close(view, QUEUE[0]),
        Methods().decide,
        Inheriting().decide,
    ],
    ids=["class", "named tuple", "ordered", "read only", "deque", "methods", "inherited"],
)
def test_prices_that_can_not_be_cut_fail_the_audit(side: Callable[[View], float]) -> None:
    found = check(side, entry="open")
    assert failed(found) == {"held_data"}
    assert "a PricePanel, where no copy of it can be put in its place" in found.findings[0].sentence


def test_what_a_function_holds() -> None:
    """Each thing once, though it is held in two places; a variable without a value yet is nothing."""

    def side(_: View) -> float:
        return limits["least"][0] + shares[0] if shares[0] < 1.0 else later

    shares = [0.5]
    limits = {"least": shares, "most": [4.0]}
    if len(shares) > 1:
        later = 1.0
    assert held(side) == [("limits", each) for each in (limits, shares, 0.5, [4.0], 4.0)]
    other = replaced(side, {id(shares): [0.25]})
    assert (other(None), side(None)) == (0.5, 1.0)  # type: ignore[arg-type]
    assert limits == {"least": [0.5], "most": [4.0]}


def test_a_fitted_thing_is_noted() -> None:
    line = CubicSpline([0.0, 1.0], [0.0, 2.0])
    found = check(lambda view: float(line(view.values["surprise"])))
    assert found.passed
    (note,) = (each for each in found.findings if each.check == "held_data")
    assert note.sentence == (
        "The function holds 'line', a CubicSpline; if it was fitted, then on what was known by when?"
    )
    assert found.to_frame().set_index("check")["verdict"]["held_data"] == "noted"


def test_a_single_trade_is_not_compared_with_later_ones() -> None:
    one = EVENTS.take(np.array([5]))
    found = audit(Backtest(side="1", entry="close", exit_after=5), one, PRICES, draws=3)
    assert (found.orders, found.decisions) == (1, 1)
    assert "one_session_later" not in {each.check for each in found.findings}


COPY = random_market(11)


def random_copy() -> es.PricePanel:
    """Return a second panel with the same prices."""
    return COPY


def test_it_would_have_paid() -> None:
    """What the audit is for: the cheat looks like a gold mine."""

    def follow_the_session(view: View) -> float:
        series = PRICES.series(view.symbol)
        place = int(np.searchsorted(series.sessions, np.datetime64(view.date)))
        place += view.timing == "after_close"
        return float(np.sign(series.close[place] - series.open[place]))

    rule = Backtest(side=follow_the_session, entry="open", exit_after=0, limits=LIMITS)
    result = rule.run(EVENTS, PRICES)
    assert result.performance["net"]["sharpe"]["value"] > 3
    assert not audit(rule, EVENTS, PRICES, draws=0).passed


def test_full_sample_quantiles_are_caught() -> None:
    assert "look_ahead" in failed(check(lambda view: full_sample_quantile(view, EVENTS)))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda x: 1 + pd.qcut(x, 5, labels=False), "5 classes of equal size"),
        (lambda x: (x - x.mean()) / x.std(), "mean 0 and standard deviation 1"),
        (lambda x: pd.Series(x).rank(pct=True).to_numpy(), "a rank among all events"),
    ],
)
def test_values_made_from_all_events_are_caught(made: Callable[..., Any], said: str) -> None:
    values = np.asarray(made(EVENTS.values["surprise"]), dtype=float)
    table = EVENTS.with_columns(values={"score": values})
    for side in ("sign(score - 3)", lambda view: view.values["score"]):
        found = check(side, table)
        assert failed(found) == {"full_sample"}
        assert said in found.findings[0].sentence
    # A value that no rule uses is no matter.
    assert check("sign(surprise)", table).passed


def test_values_made_from_later_prices_are_caught() -> None:
    market = Backtest(side="reaction").run(EVENTS, PRICES)
    table = EVENTS.with_columns(values={"surprise2": market.decisions.signal})
    found = check("sign(surprise2)", table, entry="open")
    assert failed(found) == {"price_made"}
    assert "day 0" in found.findings[0].sentence


def test_values_that_only_follow_later_prices_are_caught() -> None:
    """An abnormal return after day 0 is no raw move of the price, and orders events almost as one does."""
    later = np.full(len(EVENTS), np.nan)
    day0 = place(EVENTS)
    rng = np.random.default_rng(3)
    for row, symbol in enumerate(EVENTS.symbol):
        series = PRICES.series(str(symbol))
        at = series.position(int(day0.day0[row]))
        if at is not None and at + 5 < len(series.total_return):
            later[row] = np.prod(1.0 + series.total_return[at + 1 : at + 6]) - 1.0
    noisy = later + rng.normal(0.0, 0.3 * np.nanstd(later), len(later))
    table = EVENTS.with_columns(values={"signal": noisy})
    found = check("sign(signal)", table)
    assert "price_made" in failed(found)
    assert "ordered as the return of the 5 sessions after day 0 is" in found.findings[0].sentence


def revised() -> Events:
    """Return announcements of which every second date was revised after the fact."""
    rows = []
    for number, name in enumerate(["S00", "S01", "S02", "S03", "S04", "S05"]):
        rows += [
            {"symbol": name, "day": 40 + number, "event_id": f"{name}-a", "surprise": 1.0},
            {"symbol": name, "day": 90, "event_id": f"{name}-b", "surprise": 1.0, "known_at": moment(91, "12:00")},
        ]
    return events(rows)


def near_the_next(view: View, table: Events) -> float:
    """Return a side by how long it is to the next announcement, as the final list has it."""
    dates = table.date[np.asarray(table.symbol == view.symbol)]
    later = dates[dates > np.datetime64(view.date)]
    return 1.0 if len(later) and (later.min() - np.datetime64(view.date)).astype(int) < 73 else -1.0


def test_revised_dates_are_caught() -> None:
    table = revised()
    assert "look_ahead" in failed(check(lambda view: near_the_next(view, table), table))


def test_estimated_dates_that_nobody_knew_are_caught() -> None:
    table = events([{"symbol": "S01", "day": 40, "surprise": 1.0, "confirmation": "estimated"}])
    assert failed(check("sign(surprise)", table)) == {"revised_dates"}
    dated = events(
        [{"symbol": "S01", "day": 40, "surprise": 1.0, "confirmation": "estimated", "known_at": moment(30, "12:00")}]
    )
    assert check("sign(surprise)", dated).passed


MEMBERS = {"S01", "S02", "S03"}


@pytest.mark.parametrize(
    "side",
    [
        lambda view: 1.0 if view.symbol in MEMBERS else 0.0,
        lambda view: 1.0 if view.symbol in {"S01", "S02"} else 0.0,
        lambda view: {"S01": 1.0, "S02": -1.0}.get(view.symbol, 0.0),
    ],
    ids=["global", "constant", "mapping"],
)
def test_the_index_members_of_today_are_caught(side: Callable[[View], float]) -> None:
    assert "universe" in failed(check(side))


def test_a_universe_needs_dates() -> None:
    assert failed(check("sign(surprise)", universe=("S01", "S02"))) == {"universe"}
    dated = {"S01": (("2024-01-01", None),), "S02": (("2024-01-01", "2024-06-30"),)}
    assert check("sign(surprise)", universe=dated).passed


def test_data_that_can_not_be_cut_is_a_finding() -> None:
    frame = PRICES.to_frame()
    array = PRICES.close.copy()
    series = PRICES.series("S01")
    for side in (lambda _: float(len(frame)), lambda _: float(array[-1]), lambda _: float(series.close[-1])):
        assert failed(check(side)) == {"held_data"}
    assert check(lambda view: 0.5 if view.values["surprise"] > THRESHOLD else -0.5).passed


sessions = PRICES.series("S01").sessions


def test_an_attribute_is_not_the_global_of_its_name() -> None:
    found = check(lambda view: float(len(view.series().sessions) % 2))
    assert found.passed, found.findings


THRESHOLD = 0.1


def test_announcements_that_stand_too_early_are_found() -> None:
    """Events dated a session too early and traded at that close earn what the later ones do not."""
    prices = PRICES
    market = Backtest(side="reaction", entry="close").run(EVENTS, prices).market
    tape = market.tape
    after = tape.window(tape.total_return, market.codes, market.clock.placed.day0 + 2, 1)[:, 0]
    table = EVENTS.with_columns(values={"news": np.sign(np.nan_to_num(after))})
    rule = Backtest(side="news", entry="close", exit_after=1, limits=LIMITS)
    found = audit(rule, table, prices, draws=5)
    assert "one_session_later" in failed(found)


def test_placebos_of_a_biased_measure_are_found() -> None:
    """A market that only rises: long and short alike, random dates pay one side, and the audit says so."""
    rule = Backtest(side="1", entry="close", exit_after=5, limits=LIMITS)
    up = PRICES.to_frame().drop(columns=["total_return", "dividend", "split"])
    rising = np.arange(len(up)) % 260
    for name in ("open", "high", "low", "close"):
        up[name] = 100.0 * 1.01**rising
    found = audit(rule, EVENTS, es.PricePanel.from_frame(up), draws=9)
    notes = {each.check: each for each in found.findings}
    assert not notes["placebo_dates"].fails
    assert "market's own drift" in notes["placebo_dates"].sentence
    assert found.passed


def test_the_audit_shows_itself() -> None:
    found = check(lambda view: day0_close(view, PRICES), entry="open")
    table = found.to_frame()
    assert table["check"].tolist() == list(CHECKS)
    assert set(table["verdict"]) <= {"passed", "noted", "failed"}
    assert "The audit FAILED" in found.summary()
    assert "<table" in found._repr_html_()


def test_nothing_of_the_user_is_touched() -> None:
    before = (PRICES.digest(), EVENTS.digest())
    check(lambda view: day0_close(view, PRICES), entry="open")
    assert (PRICES.digest(), EVENTS.digest()) == before
    assert HOARD[0] is PRICES

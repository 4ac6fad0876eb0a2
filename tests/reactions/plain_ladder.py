"""The ladder of METHODS 6.1 to 6.4 read off bars one session at a time: a plain program, slow and without arrays.

C* is the close before in the shares and without the dividend of day 0; every price P of the day is the gross move
P / C*, and those of the evening before, in the shares of then, P / C.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from eventstudy.reactions import Clock
from tests.reactions.random_bars import BarMarket

NAN = math.nan
EVENING, MORNING, SESSION = "after_hours", "premarket", "session"


@dataclass(frozen=True)
class News:
    """An announcement as a time of the trading day: since the close before in the evening, else since the open."""

    part: str
    offset: pd.Timedelta


@dataclass(frozen=True)
class Price:
    """One price of the day.

    Parameters
    ----------
    growth
        Gross move from C*; that of the price before where nothing was printed.
    pace
        That of the market at the same moment.
    fresh
        Whether it was printed since the price before.
    leg
        The move that ends here.
    """

    name: str
    growth: float
    pace: float
    printed: bool
    fresh: bool
    time: pd.Timestamp | None = None
    part: str = ""
    leg: str = ""


@dataclass(frozen=True)
class Move:
    growth: float
    pace: float
    made: bool
    from_print: bool


def minutes(count: float) -> pd.Timedelta:
    return pd.Timedelta(minutes=count)


class Trader:
    """One symbol: its daily rows and the bars of each part of each session."""

    def __init__(self, market: BarMarket, symbol: str) -> None:
        self.days = market.days
        daily = market.daily[market.daily["symbol"] == symbol]
        self.rows = [daily[daily["date"] == day.date].iloc[0].to_dict() for day in self.days]
        bars = market.bars[(market.bars["symbol"] == symbol) & market.bars["close"].notna()].to_dict("records")
        self.bars: list[dict[str, list[dict[str, Any]]]] = [{EVENING: [], MORNING: [], SESSION: []} for _ in self.days]
        place = 0
        for bar in sorted(bars, key=lambda each: each["start"]):
            while bar["start"] >= self.days[place].ends:
                place += 1
            day = self.days[place]
            part = MORNING if bar["start"] < day.opens else SESSION if bar["start"] < day.closes else EVENING
            self.bars[place][part].append(bar | {"end": bar["start"] + minutes(market.minutes)})

    def base(self, day: int) -> float:
        if day == 0:
            return NAN
        row = self.rows[day]
        return float((self.rows[day - 1]["close"] - row["dividend"]) / row["split"])

    def part(self, day: int, part: str) -> list[dict[str, Any]]:
        """The bars of a part of the ladder of a day; its evening is that of the session before."""
        if part == EVENING:
            return self.bars[day - 1][EVENING] if day else []
        return self.bars[day][part]

    def growth(self, day: int, part: str, price: float) -> float:
        if part == EVENING:
            return price / self.rows[day - 1]["close"] if day else NAN
        return price / self.base(day)

    def last_by(self, day: int, part: str, moment: pd.Timestamp | None = None) -> tuple[float, pd.Timestamp] | None:
        """The last price of a part that was made by a moment, as a gross move, and when."""
        bars = [bar for bar in self.part(day, part) if moment is None or bar["end"] <= moment]
        if not bars or math.isnan(self.growth(day, part, 1.0)):
            return None
        return self.growth(day, part, bars[-1]["close"]), bars[-1]["end"]

    def daily(self, day: int, name: str) -> float:
        """The official open or close; without an open the first price of the session."""
        price, session = self.rows[day][name], self.part(day, SESSION)
        if name == "open" and math.isnan(price) and session:
            price = session[0]["close"] if math.isnan(session[0]["open"]) else session[0]["open"]
        return float(price / self.base(day))


class PlainLadder:
    """All moves of the ladder of a session, news or none, by kind and name."""

    def __init__(self, market: BarMarket, clock: Clock) -> None:
        self.days, self.minutes, self.clock = market.days, market.minutes, clock
        self.own, self.market = (Trader(market, each) for each in market.symbols)

    def cutoff(self, day: int) -> pd.Timestamp:
        return self.days[day].opens - minutes(self.clock.cutoff)

    def news_of(self, day: int, at: pd.Timestamp) -> News | None:
        before, now = self.days[day - 1] if day else None, self.days[day]
        if before and before.closes <= at < before.ends:
            return News(EVENING, at - before.closes)
        if now.begins <= at < now.closes:
            return News(MORNING if at < now.opens else SESSION, at - now.opens)
        return None

    def moment(self, day: int, news: News) -> pd.Timestamp:
        """The same time of another day."""
        return (self.days[day - 1].closes if news.part == EVENING else self.days[day].opens) + news.offset

    def pace(self, day: int, part: str, moment: pd.Timestamp) -> float:
        """The market's last price of that part by a moment, if it is fresh enough (METHODS 6.2: a stale one biases)."""
        found = self.market.last_by(day, part, moment)
        old = found is None or moment - found[1] > minutes(self.clock.liquidity.oldest)
        return NAN if old else found[0]

    def at(self, name: str, day: int, part: str, moment: pd.Timestamp | None, before: Price, leg: str) -> Price:
        """A price read off the bars; where nobody printed one the price before it stands."""
        found = self.own.last_by(day, part, moment)
        if found is None:
            return Price(name, before.growth, before.pace, False, False, before.time, part, leg)
        growth, time = found
        fresh = not (before.part == part and before.printed and time <= before.time)
        return Price(name, growth, self.pace(day, part, time), True, fresh, time, part, leg)

    def official(self, name: str, day: int, leg: str) -> Price:
        growth, known = self.own.daily(day, name), not math.isnan(self.own.daily(day, name))
        return Price(name, growth, self.market.daily(day, name), known, known, None, "", leg)

    def chain(self, day: int, news: News | None) -> list[Price]:
        """The prices from C* to the close; the part of the day that the news fell in ends twice."""
        base = NAN if math.isnan(self.own.base(day)) else 1.0
        prices = [Price("base", base, 1.0, True, True)]
        # What comes between the cutoff and the open splits the gap at the open.
        late = news is not None and news.part == MORNING and self.moment(day, news) >= self.cutoff(day)
        for part, end in ((EVENING, None), (MORNING, self.cutoff(day))):
            split = news is not None and news.part == part and not (part == MORNING and late)
            if split:
                name = f"{part}_before"
                prices.append(self.at(name, day, part, self.moment(day, news), prices[-1], name))
            prices.append(self.at(part, day, part, end, prices[-1], f"{part}_after" if split else part))
        if late:
            name = "open_gap_before"
            prices.append(self.at(name, day, MORNING, self.moment(day, news), prices[-1], name))
        prices.append(self.official("open", day, "open_gap_after" if late else "open_gap"))
        inside = news is not None and news.part == SESSION
        if inside:
            at = self.moment(day, news)
            prices.append(self.at("session_before", day, SESSION, at, prices[-1], "session_before"))
            for count in self.after_news():
                name = f"news_{count}m"
                prices.append(self.at(name, day, SESSION, at + minutes(count), prices[-1], name))
        return [*prices, self.official("close", day, "session_after" if inside else "session")]

    def after_news(self) -> list[int]:
        return [count for count in self.clock.after_news if count >= self.minutes]

    def moves(self, day: int, news: News | None) -> dict[tuple[str, str], Move]:
        """Rungs are moves from C*, legs from one price to the next; the whole parts of the day stand beside."""
        chain, plain = self.chain(day, news), self.chain(day, None)
        found = {("rung", each.name): Move(each.growth, each.pace, each.printed, True) for each in chain[1:]}
        for prices in (plain, chain):
            for start, end in pairwise(prices):
                growth, pace = end.growth / start.growth, end.pace / start.pace
                found["leg", end.leg] = Move(growth, pace, end.fresh, start.printed)
        opened = next(each for each in plain if each.name == "open")
        found["leg", "gap"] = Move(opened.growth, opened.pace, opened.fresh, True)
        for name, single in (self.morning(day) | self.opening(day) | self.minutes_after(day, news)).items():
            found["rung", name] = single
        return found

    def single(self, day: int, part: str, growth: float, time: pd.Timestamp | None) -> Move:
        if math.isnan(growth):
            return Move(NAN, NAN, False, True)
        return Move(growth, NAN if time is None else self.pace(day, part, time), True, True)

    def morning(self, day: int) -> dict[str, Move]:
        """First, highest, lowest and average price before the cutoff; the extremes are of no one moment."""
        bars = [bar for bar in self.own.part(day, MORNING) if bar["end"] <= self.cutoff(day)]
        if not bars:
            names = ("premarket_first", "premarket_high", "premarket_low", "premarket_vwap")
            return {name: self.single(day, MORNING, NAN, None) for name in names}

        def told(bar: dict[str, Any], name: str) -> float:
            return bar["close"] if math.isnan(bar[name]) else bar[name]

        volumes = [0.0 if math.isnan(bar["volume"]) else bar["volume"] for bar in bars]
        typical = [(bar["high"] + bar["low"] + bar["close"]) / 3 for bar in bars]
        typical = [bar["close"] if math.isnan(each) else each for bar, each in zip(bars, typical, strict=True)]
        value = sum(volume * price for volume, price in zip(volumes, typical, strict=True))
        prices = {
            "premarket_first": (told(bars[0], "open"), bars[0]["start"]),
            "premarket_high": (max(told(bar, "high") for bar in bars), None),
            "premarket_low": (min(told(bar, "low") for bar in bars), None),
            "premarket_vwap": (value / sum(volumes) if sum(volumes) > 0 else NAN, None),
        }
        return {
            name: self.single(day, MORNING, self.own.growth(day, MORNING, price), time)
            for name, (price, time) in prices.items()
        }

    def opening(self, day: int) -> dict[str, Move]:
        """The last price some minutes after the open."""
        found = {}
        for count in self.clock.opening:
            if count >= self.minutes:
                last = self.own.last_by(day, SESSION, self.days[day].opens + minutes(count))
                found[f"first_{count}"] = self.single(day, SESSION, *(last or (NAN, None)))
        return found

    def minutes_after(self, day: int, news: News | None) -> dict[str, Move]:
        """The last price some minutes after news outside the session, in the same part of the day."""
        if news is None or news.part == SESSION:
            return {}
        found = {}
        for count in self.after_news():
            moment = self.moment(day, news) + minutes(count)
            if news.part == EVENING or moment <= self.cutoff(day):
                last = self.own.last_by(day, news.part, moment)
                found[f"news_{count}m"] = self.single(day, news.part, *(last or (NAN, None)))
        return found

    def grade(self, day: int, part: str) -> str:
        """METHODS 6.3: A meets every condition, B all but one, C has a print."""
        rule, cutoff = self.clock.liquidity, self.cutoff(day)
        bars = [bar for bar in self.own.part(day, part) if part == EVENING or bar["end"] <= cutoff]
        if not bars:
            return "none"
        age = 0 if part == EVENING else (cutoff - bars[-1]["end"]) / minutes(1)
        known = [bar for bar in bars if not math.isnan(bar["volume"])]
        volume, notional = sum(b["volume"] for b in known), sum(b["volume"] * b["close"] for b in known)
        failed = (len(bars) < rule.fewest) + (age > rule.oldest)
        if volume > 0:
            usual = [row["volume"] for row in self.own.rows[max(day - 20, 0) : day]]
            failed += volume < max(rule.shares, rule.share_of_usual * sum(usual) / len(usual))
            failed += notional < rule.notional
        else:
            failed += 1
        return "ABC"[min(failed, 2)]

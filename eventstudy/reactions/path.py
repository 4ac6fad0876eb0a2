"""The path of a price through the bars around an announcement, with the benchmark beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels, Times
from eventstudy.reactions.barmoves import BarMoves, Pairing
from eventstudy.reactions.clock import Segment

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["IntradayPath", "PathSource", "diurnal_factors", "paths_frame"]


@dataclass(frozen=True, slots=True, eq=False)
class IntradayPath:
    """Where a price stood after every bar from the close before day 0 to its own close; arrays have shape (m,).

    Parameters
    ----------
    time : ndarray of shape (m,)
        End of each bar, UTC.
    segment : ndarray of shape (m,)
        ``after_hours``, ``premarket`` or ``session``.
    move : ndarray of shape (m,)
        Simple move from the base price.
    benchmark : ndarray of shape (m,)
        The benchmark's at the same moments, NaN where it has no print.
    z : ndarray of shape (m,)
        Log move since the open of day 0 over the standard deviation that the sessions before had by the same time of
        day; NaN outside the regular session and without enough sessions.
    edges : mapping of str to datetime64
        ``close_before``, ``open``, ``close``, and ``news`` where the time of the announcement is known.
    zone : str
        Time zone of the exchange.
    benchmark_name : str
        Empty without one.
    """

    time: Times
    segment: Labels
    move: Floats
    benchmark: Floats
    z: Floats
    edges: Mapping[str, np.datetime64]
    zone: str
    benchmark_name: str

    def to_frame(self) -> pd.DataFrame:
        """Return one row a bar: ``time`` (UTC), ``segment``, ``move``, ``benchmark``, ``z``."""
        import pandas as pd

        columns = {name: getattr(self, name) for name in ("segment", "move", "benchmark", "z")}
        return pd.DataFrame({"time": pd.DatetimeIndex(self.time, tz="UTC"), **columns})


@dataclass(frozen=True, slots=True, eq=False)
class PathSource:
    """What the path of one event is made from, when somebody asks for it."""

    moves: BarMoves
    pairing: Pairing | None
    place: int
    ordinary: Ints
    announced_at: np.datetime64
    benchmark: str

    def path(self) -> IntradayPath:
        """Return the path."""
        day, place = self.moves.day, self.place
        rows = [np.arange(day.low[part][place], max(day.high[part][place], day.low[part][place])) for part in Segment]
        unit = np.concatenate(
            [np.full(len(own), day.unit[part][place]) for part, own in zip(Segment, rows, strict=True)]
        )
        segment = np.concatenate(
            [np.full(len(own), str(part), dtype=object) for part, own in zip(Segment, rows, strict=True)]
        )
        at = np.concatenate(rows)
        series = self.moves.moves.series
        edges = {
            "close_before": day.closes[place],
            "open": day.opens[place],
            "close": series.calendar.closes[series.first + place],
        }
        if not np.isnat(self.announced_at):
            edges["news"] = self.announced_at
        time = day.bars.end[at]
        return IntradayPath(
            time=time,
            segment=segment,
            move=day.bars.close[at] * unit - 1.0,
            benchmark=self._benchmark(rows, time),
            z=self._z(rows[2], len(at)),
            edges=edges,
            zone=series.calendar.zone,
            benchmark_name=self.benchmark,
        )

    def _benchmark(self, rows: list[Ints], time: Times) -> Floats:
        """Return the benchmark's moves at the ends of the bars."""
        if self.pairing is None:
            return np.full(len(time), np.nan)
        ends = np.cumsum([0, *map(len, rows)])
        place = int(self.pairing.place[self.place])
        parts = [
            self.pairing.at(part, time[ends[i] : ends[i + 1]], np.full(len(own), place))
            for i, (part, own) in enumerate(zip(Segment, rows, strict=True))
        ]
        return np.concatenate(parts) - 1.0

    def _z(self, session: Ints, length: int) -> Floats:
        """Return the standardised path of the session; its bars are the last ones."""
        day = self.moves.day
        z = np.full(length, np.nan)
        if not len(session) or len(self.ordinary) < FEWEST_SESSIONS:
            return z
        opens = self.moves.moves.series.open / day.level
        offsets = (day.bars.end[session] - day.opens[self.place]).astype(np.int64)
        paths = np.stack([self._logs(int(each), offsets, opens[each]) for each in self.ordinary])
        bins = np.diff(paths, axis=1, prepend=0.0)
        good = np.isfinite(bins).all(axis=1)
        if good.sum() < FEWEST_SESSIONS:
            return z
        factors, sigma = diurnal_factors(bins[good])
        own = np.log(day.bars.close[session] / opens[self.place])
        width = np.sqrt(np.cumsum(factors**2)) * sigma
        z[length - len(session) :] = np.where(width > 0, own / np.where(width > 0, width, 1.0), np.nan)
        return z

    def _logs(self, place: int, offsets: Ints, opened: float) -> Floats:
        """Return the log moves of an ordinary session since its open at the same times of day."""
        day = self.moves.day
        low, high = int(day.low[Segment.SESSION][place]), int(day.high[Segment.SESSION][place])
        if high <= low or not opened > 0:
            return np.full(len(offsets), np.nan)
        last = np.searchsorted(
            day.bars.end[low:high], day.opens[place] + offsets.astype("timedelta64[s]"), side="right"
        )
        prices: Floats = np.append(opened, day.bars.close[low:high])[last]
        return np.asarray(np.log(prices / opened), dtype=np.float64)


def paths_frame(paths: Mapping[str, IntradayPath]) -> pd.DataFrame:
    """Return the paths of some events as one table, with the columns of ``paths.csv``; the last bar of each minute.

    Parameters
    ----------
    paths : mapping of str to IntradayPath
        By event.

    Returns
    -------
    DataFrame
        ``event_id``, ``time`` (UTC), ``segment``, ``move`` and ``benchmark`` (decimals from the base price), and on
        each row the day's ``close_before``, ``open``, ``close``, ``news`` (NaT where the time is unknown), ``zone``
        and ``benchmark_name``.
    """
    import pandas as pd

    columns = ["event_id", "time", "segment", "move", "benchmark", *EDGES, "zone", "benchmark_name"]
    parts = [pd.DataFrame(columns=columns)] if not paths else []
    for event_id, path in paths.items():
        # A bar ends inside the minute that it closes.
        minute = (path.time.astype("datetime64[s]") - np.timedelta64(1, "s")).astype("datetime64[m]")
        rows = path.to_frame().drop(columns="z")[np.append(minute[1:] != minute[:-1], True)[: len(minute)]]
        edges = {name: pd.Timestamp(path.edges.get(name, np.datetime64("NaT", "s")), tz="UTC") for name in EDGES}
        parts.append(rows.assign(event_id=event_id, **edges, zone=path.zone, benchmark_name=path.benchmark_name))
    return pd.concat(parts, ignore_index=True)[columns]


EDGES = ("close_before", "open", "close", "news")
FEWEST_SESSIONS = 10


def diurnal_factors(returns: Floats, *, robust: bool = False) -> tuple[Floats, float]:
    """Return how volatile each bin of the day is, and the volatility of a mean bin.

    Parameters
    ----------
    returns : ndarray of shape (D, K)
        Log returns of K bins on D sessions, none missing.
    robust : bool
        Whether each bin's variance comes from the median of ``r^2 / sigma_d^2``, which a few jumps do not move.

    Returns
    -------
    factors : ndarray of shape (K,)
        ``f_k``, with ``mean(f_k^2) = 1``.
    sigma : float
        Root of the mean over days of ``sigma_d^2``, the mean squared return of a bin on day d.

    Notes
    -----
    ``f_k^2 = mean_d(r_{d,k}^2 / sigma_d^2)``, normalised (Andersen and Bollerslev 1997; the median after Boudt, Croux
    and Laurent 2011); METHODS 6.4. A sum over bins has the variance ``sigma^2 sum f_k^2``.

    Examples
    --------
    >>> factors, sigma = diurnal_factors(np.array([[0.02, -0.01], [-0.02, 0.01]]))
    >>> factors.round(4).tolist(), round(sigma, 5)
    ([1.2649, 0.6325], 0.01581)
    """
    daily = (returns**2).mean(axis=1)
    used: Bools = daily > 0
    if not used.any():
        return np.ones(returns.shape[1]), 0.0
    ratio = returns[used] ** 2 / daily[used, None]
    squares = np.median(ratio, axis=0) if robust else ratio.mean(axis=0)
    mean = float(squares.mean())
    factors = np.sqrt(squares / mean) if mean > 0 else np.ones(returns.shape[1])
    return factors, float(np.sqrt(daily.mean()))

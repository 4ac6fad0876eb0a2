"""Many reactions: how they are spread, by leg and group, and where the latest one stands among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Bools, Dates, Floats, Labels
from eventstudy.distributions import student_quantile
from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.reactions.record import Kind, Reaction, Rung

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from eventstudy.events import Events
    from eventstudy.inference import HypothesisTest, Sample, TestResult

__all__ = ["GAP_EDGES", "History", "battery", "history", "leg_sample", "move_statistics", "moves_frame"]

GAP_EDGES = (-0.10, -0.05, -0.02, 0.0, 0.02, 0.05, 0.10)
"""Where one gap bucket ends and the next begins, decimals."""
CONFIDENCE = 0.95
STATISTICS = (
    *("n", "n_printed", "mean", "std_error", "ci_low", "ci_high", "median", "min", "max", "share_up"),
    *("mean_size", "median_size"),
)


def moves_frame(
    reactions: Iterable[Reaction],
    events: Events | None = None,
    *,
    columns: Sequence[str] = (),
    edges: Sequence[float] = GAP_EDGES,
) -> pd.DataFrame:
    """Return every move of many reactions, with what they may be grouped by.

    Parameters
    ----------
    reactions : iterable of Reaction
        What was measured.
    events : Events, optional
        Their events, for groups and values.
    columns : sequence of str
        Groups or values of the events, such as ``surprise_sign``; needs `events`.
    edges : sequence of float
        Where gap buckets begin and end.

    Returns
    -------
    DataFrame
        One row an event and move: ``event_id``, ``symbol``, ``leg``, ``kind``, ``raw``, ``abnormal``, ``printed``,
        ``grade``, ``phase``, ``year``, ``gap_bucket``, and `columns`. The parts of the day that the news split stand
        there whole as well, so that legs of all events may be compared.
    """
    import pandas as pd

    if columns and events is None:
        raise InputError(f"{columns[0]!r} is a column of the events; give the events too.")
    by_event = {} if events is None else {str(name): row for row, name in enumerate(events.event_id)}
    held = {} if events is None else {name: events.column(name) for name in columns}
    rows: list[dict[str, object]] = []
    for each in reactions:
        about: dict[str, object] = {
            "phase": each.phase,
            "year": each.day0.year,
            "gap_bucket": gap_bucket(each.rung("open").raw, edges),
        }
        about |= {name: values[by_event[each.event_id]] for name, values in held.items()}
        rows += [
            {
                "event_id": each.event_id,
                "symbol": each.symbol,
                "leg": move.leg,
                "kind": str(move.kind),
                "raw": move.raw,
                "abnormal": move.abnormal,
                "printed": move.printed,
                "grade": str(move.grade),
            }
            | about
            for move in _once(each)
        ]
    names = ["event_id", "symbol", "leg", "kind", "raw", "abnormal", "printed", "grade", "phase", "year", "gap_bucket"]
    return pd.DataFrame(rows, columns=[*names, *columns])


def _once(reaction: Reaction) -> Iterator[Rung]:
    """Give each move once: a part of the day that is a leg is also one of the wholes."""
    seen = {(move.kind, move.leg): move for move in (*reaction.moves, *reaction.whole)}
    yield from seen.values()


def gap_bucket(gap: float, edges: Sequence[float] = GAP_EDGES) -> str:
    """Return the bucket of a gap in words.

    Examples
    --------
    >>> gap_bucket(0.0956), gap_bucket(-0.2), gap_bucket(float("nan"))
    ('+5% to +10%', 'below -10%', 'unknown')
    """
    if np.isnan(gap):
        return "unknown"
    place = int(np.searchsorted(edges, gap, side="right"))
    if place == 0:
        return f"below {100 * edges[0]:+g}%"
    if place == len(edges):
        return f"{100 * edges[-1]:+g}% and more"
    low, high = (f"{100 * edge:+g}%" if edge else "0%" for edge in edges[place - 1 : place + 1])
    return f"{low} to {high}"


def move_statistics(
    frame: pd.DataFrame, by: Sequence[str] = (), *, measure: str = "raw", only_printed: bool = False
) -> pd.DataFrame:
    """Return the spread of every move, signed and by size, in each group.

    Parameters
    ----------
    frame : DataFrame
        From `moves_frame`, or any part of it.
    by : sequence of str
        Its columns to group by: ``phase``, ``year``, ``gap_bucket``, ``symbol``, ``grade``, or one of the events'.
    measure : {"raw", "abnormal"}
        Which move.
    only_printed : bool
        Whether moves without a print are left out. They are in it with 0 by default: to leave them out selects big
        news; ``n_printed`` says how many are not among them.

    Returns
    -------
    DataFrame
        One row a move and group: ``kind``, ``leg``, the groups, then n, n_printed, mean with standard error and 95%
        interval (t), median, min, max, share_up (of moves above 0), mean_size and median_size (of absolute moves).

    Examples
    --------
    >>> from eventstudy.datasets import load_alibaba
    >>> from eventstudy.events import place
    >>> from eventstudy.reactions import measure_reactions
    >>> sample = load_alibaba()
    >>> frame = moves_frame(measure_reactions(sample.events, place(sample.events), sample.prices))
    >>> table = move_statistics(frame[(frame["leg"] == "close") & (frame["kind"] == "rung")])
    >>> table[["n", "mean", "mean_size", "share_up"]].round(4).values.tolist()
    [[6.0, 0.0088, 0.0615, 0.5]]
    """
    import pandas as pd

    for name in ("kind", "leg", measure, *by):
        if name not in frame.columns:
            raise UnknownNameError("column of the moves", name, [str(each) for each in frame.columns])
    used = frame[frame["printed"]] if only_printed else frame
    used = used[used[measure].notna()]
    keys = ["kind", "leg", *by]
    rows = []
    for group, members in used.groupby(keys, sort=False, dropna=False):
        values = members[measure].to_numpy(dtype=float)
        label = group if isinstance(group, tuple) else (group,)
        rows.append((*label, *_spread(values, members["printed"].to_numpy(dtype=bool))))
    return pd.DataFrame(rows, columns=[*keys, *STATISTICS])


def _spread(values: Floats, printed: Bools) -> tuple[float, ...]:
    n = len(values)
    mean = float(values.mean())
    error = float(values.std(ddof=1)) / n**0.5 if n > 1 else np.nan
    reach = float(student_quantile(0.5 + CONFIDENCE / 2, n - 1)) * error if n > 1 else np.nan
    size = np.abs(values)
    return (
        *(n, int(printed.sum()), mean, error, mean - reach, mean + reach, float(np.median(values))),
        *(float(values.min()), float(values.max()), float((values > 0).mean())),
        *(float(size.mean()), float(np.median(size))),
    )


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """One move of one stock at every event, the latest marked.

    Parameters
    ----------
    symbol, leg : str
        Whose, which rung.
    event_id : ndarray of shape (n,)
        In the order of time; the last one is the latest.
    day0 : ndarray of shape (n,)
        Dates.
    moves : ndarray of shape (n,)
        Simple moves, decimals, none missing.
    """

    symbol: str
    leg: str
    event_id: Labels
    day0: Dates
    moves: Floats

    def __len__(self) -> int:
        return len(self.moves)

    @property
    def larger_than(self) -> int:
        """How many of the earlier moves were smaller in size than the latest."""
        return int((np.abs(self.moves[:-1]) < abs(self.moves[-1])).sum())

    @property
    def rank(self) -> int:
        """Place of the latest by size among all, 1 for the largest."""
        return len(self) - self.larger_than

    @property
    def percentile(self) -> float:
        """Share of all moves that were smaller in size than the latest, one minus the empirical p-value."""
        return self.larger_than / len(self)

    @property
    def sentence(self) -> str:
        """Where the latest stands, in words."""
        earlier = len(self) - 1
        if not earlier:
            return f"There is no earlier report of {self.symbol} to compare with."
        move = f"The move of {self.symbol} to the {self.leg.replace('_', ' ')}, {100 * self.moves[-1]:+.2f}%, was"
        if earlier == 1:
            return f"{move} {'larger' if self.larger_than else 'not larger'} than that of its last report."
        return f"{move} larger than {self.larger_than} of its last {earlier} reports."

    def plot(self) -> Figure:
        """Draw every move as a dot, the latest marked."""
        import pandas as pd

        from eventstudy.reports.reaction_figures import history_strip

        frame = pd.DataFrame({"day0": self.day0.astype(str).astype(object), "move": self.moves})
        return history_strip(frame, f"{self.symbol}, {self.leg.replace('_', ' ')}")


def history(reactions: Iterable[Reaction], symbol: str, leg: str = "close", event_id: str | None = None) -> History:
    """Return one rung of a stock at all its events, up to one of them.

    Parameters
    ----------
    reactions : iterable of Reaction
        What was measured.
    symbol : str
        Whose.
    leg : str
        Which rung.
    event_id : str, optional
        The event to mark, the latest without it; later ones are left out.

    Raises
    ------
    UnknownNameError
        If there is no reaction of the symbol, or none by that name with the rung.
    """
    every = list(reactions)
    own = sorted((each for each in every if each.symbol == symbol), key=lambda each: each.day0)
    if not own:
        raise UnknownNameError("symbol with a reaction", symbol, {each.symbol for each in every})
    known = [(each, move) for each in own for move in each.rungs if move.leg == leg and move.printed]
    names = [each.event_id for each, _ in known]
    if not names or (event_id is not None and event_id not in names):
        raise UnknownNameError(f"event of {symbol} with the rung {leg!r}", event_id or leg, names)
    last = len(names) if event_id is None else names.index(event_id) + 1
    return History(
        symbol=symbol,
        leg=leg,
        event_id=np.array(names[:last], dtype=object),
        day0=np.array([each.day0 for each, _ in known[:last]], dtype="datetime64[D]"),
        moves=np.array([move.raw for _, move in known[:last]]),
    )


def leg_sample(
    reactions: Sequence[Reaction], leg: str, kind: str = Kind.RUNG, *, measure: str = "abnormal", seed: int = 0
) -> Sample:
    """Return any move of many reactions as a sample that the hypothesis tests read.

    Parameters
    ----------
    reactions : sequence of Reaction
        Events without the move are not in it.
    leg, kind : str
        Which move.
    measure : {"abnormal", "raw"}
        What is tested.
    seed : int
        What random draws begin from.

    Returns
    -------
    Sample
        Its standard errors are those of the same move on ordinary days, ``(x - mean) / z`` (METHODS 6.4: the
        standardised move of a cross-section); NaN where there are too few.
    """
    from eventstudy.inference import Sample
    from eventstudy.returns import Cars, Window

    if measure not in ("abnormal", "raw"):
        raise UnknownNameError("measure of a move", measure, ("abnormal", "raw"))
    moves = [each.rung(leg) if kind == Kind.RUNG else each.leg(leg) for each in reactions]
    values = np.array([getattr(move, measure) for move in moves], dtype=np.float64)
    reason = [move.reason if missing else str(Reason.OK) for move, missing in zip(moves, np.isnan(values), strict=True)]
    cars = Cars(
        window=Window(leg, 0, 0),
        car=values,
        std_error=np.array([move.ordinary_sd for move in moves], dtype=np.float64),
        dof=np.array([max(move.n - 1, 0) for move in moves], dtype=np.int64),
        held=values,
        reason=np.array(reason, dtype=object),
    )
    return Sample(
        cars=cars,
        row=np.flatnonzero(~np.isnan(values)),
        names=np.array([each.event_id for each in reactions], dtype=object),
        by_day=values[:, None],
        accumulated={},
        seed=seed,
        dates=np.array([each.day0 for each in reactions], dtype="datetime64[D]"),
    )


def battery(
    reactions: Sequence[Reaction],
    leg: str,
    kind: str = Kind.RUNG,
    *,
    tests: Sequence[str | HypothesisTest] = ("cross_sectional", "bmp"),
    measure: str = "abnormal",
    seed: int = 0,
) -> tuple[TestResult, ...]:
    """Return what hypothesis tests say of one move over many reactions; see `leg_sample`.

    Raises
    ------
    InputError
        For a test that reads residuals of an estimation window, which a leg has not.
    """
    from eventstudy.inference import TESTS

    sample = leg_sample(reactions, leg, kind, measure=measure, seed=seed)
    results: list[TestResult] = []
    for named in tests:
        test = TESTS.get(named)() if isinstance(named, str) else named
        if test.needs:
            raise InputError(f"The test {test.kind!r} reads residuals of an estimation window; a leg has none.")
        results += _tested(test, sample)
    return tuple(results)


def _tested(test: HypothesisTest, sample: Sample) -> Iterable[TestResult]:
    """Return the results of a test; one that divides by a standard error sees only events that have one."""
    from dataclasses import replace

    good = np.isfinite(sample.std_error) & (sample.std_error > 0)
    if test.measure == "car" or good.all():
        return test.run(sample)
    if not good.any():
        return test.invalid(sample, Reason.NO_HISTORY)
    return test.run(replace(sample, row=sample.row[good]))

"""A study against itself on dates, or firms, that had no event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.distributions import rejects, resampling_p_value
from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.inference.seeds import generator
from eventstudy.simulation.places import Places, away_from_events, eligible, some, stocks
from eventstudy.simulation.replicate import Replicated, replicate

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.events import Events
    from eventstudy.panels import FactorPanel, PricePanel
    from eventstudy.prepare import Prepared
    from eventstudy.reports.display import DisplayTable
    from eventstudy.study import Progress, Study

__all__ = ["DESIGNS", "PlaceboRow", "PlaceboStudy", "placebo_study"]

DESIGNS = ("auto", "independent", "shift", "firms")
FEWEST_SHIFTS = 20


@dataclass(frozen=True, slots=True, eq=False)
class PlaceboRow:
    """One statistic of the study among those of its placebos.

    Parameters
    ----------
    model, window, test, event_id : str
        Which statistic; the event for a test of one event.
    statistic : float
        The study's own.
    reported : float
        The p-value that the test itself gives of the study; a test by resampling draws again for it.
    p_value : float
        ``(1 + #{placebos as large}) / (1 + B)``; NaN where the study or all placebos have no statistic.
    rejected : float
        Share of the placebos that the test calls significant at 5%: far from 0.05 it can't be trusted here.
    draws : ndarray of shape (B,)
        The statistics of the placebos, those that could not be computed left out.
    reason : Reason
        Why there is no placebo p-value: the study's own reason, or that of its first placebo where none has a
        statistic; ``ok`` where there is one.
    """

    model: str
    window: str
    test: str
    event_id: str
    statistic: float
    reported: float
    p_value: float
    rejected: float
    draws: Floats
    reason: Reason = Reason.OK

    def histogram(self, bins: int = 30) -> tuple[Ints, Floats]:
        """Return counts, shape (bins,), and edges, shape (bins + 1,), of the placebo statistics."""
        counts, edges = np.histogram(self.draws[np.isfinite(self.draws)], bins=bins)
        return counts.astype(np.int64), edges


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PlaceboStudy:
    """A study among its placebos; it shows itself in a notebook.

    Parameters
    ----------
    design : str
        How places were drawn: ``"independent"``, ``"shift"`` or ``"firms"``.
    draws : int
        Placebo studies run.
    rows : tuple of PlaceboRow
        By model, window and test.
    """

    design: str
    draws: int
    rows: tuple[PlaceboRow, ...]

    def row(self, test: str, window: str | None = None, model: str | None = None) -> PlaceboRow:
        """Return the first row of a test, of a window and model where they are named."""
        for each in self.rows:
            if each.test == test and window in (None, each.window) and model in (None, each.model):
                return each
        raise UnknownNameError("test in the placebo study", test, {each.test for each in self.rows})

    def to_frame(self) -> pd.DataFrame:
        """Return one row a statistic."""
        import pandas as pd

        columns = ["model", "window", "test", "event_id", "statistic", "reported", "p_value", "rejected"]
        frame = pd.DataFrame([[getattr(each, name) for name in columns] for each in self.rows], columns=columns)
        reasons = [str(each.reason) for each in self.rows]
        return frame.assign(draws=[len(each.draws) for each in self.rows], reason=reasons)

    def table(self) -> DisplayTable:
        """Return the rows as a table for people."""
        from eventstudy.reports.display import Column, clean, count, p_value, share, t_value, table

        left = [Column(title, "left") for title in ("Test", "Event", "Model", "Window")]
        right = [Column(title) for title in ("Statistic", "p", "Placebo p", "Placebos", "Rejected at 5%")]
        rows = [
            (
                each.test,
                clean(each.event_id),
                clean(each.model),
                clean(each.window),
                t_value(each.statistic),
                p_value(each.reported),
                p_value(each.p_value),
                count(len(each.draws)),
                share(each.rejected),
            )
            for each in self.rows
        ]
        note = f"{self.draws} placebo studies, design: {self.design}. A rejection rate far from 5% is a diagnosis."
        return table("The study among its placebos", [*left, *right], rows, note).without_empty()

    def summary(self, width: int = 100) -> str:
        """Return the rows as text, `width` columns wide where it wraps."""
        from eventstudy.reports.terminal import render_tables

        return render_tables([], [self.table()], color=False, width=width)

    def __repr__(self) -> str:
        return f"PlaceboStudy({self.design}, {self.draws} draws, {len(self.rows)} statistics)"

    def _repr_html_(self) -> str:
        from eventstudy.reports.html import fragment

        return fragment(self.table())


def placebo_study(
    study: Study,
    events: Events,
    prices: PricePanel,
    factors: FactorPanel | None = None,
    *,
    draws: int = 999,
    design: str = "auto",
    progress: Progress | None = None,
) -> PlaceboStudy:
    """Run a study again and again where there was no event.

    Parameters
    ----------
    study : Study
        What to run; its tests give the statistics, its seed the draws.
    events, prices, factors
        Its inputs.
    draws : int
        B.
    design : str
        ``"independent"``: each event its own date, among its symbol's sessions with full windows away from its own
        events, those that the study drops too. ``"shift"``: all events moved by one number of sessions, which keeps
        the pattern of their dates; there are only so many of those. ``"firms"``: the same dates, other symbols of the
        same exchange that had no event then, not matched on anything. ``"auto"``: ``shift`` where dates cluster, else
        ``independent``.
    progress : callable, optional
        Told the draws done.

    Raises
    ------
    InputError
        If there is nowhere to draw from.

    Notes
    -----
    Events are taken in the order of symbol, day 0 and name, so their order as given does not matter (METHODS 4.9).
    """
    if design not in DESIGNS:
        raise UnknownNameError("placebo design", design, DESIGNS)
    prepared = study.prepare(events, prices, factors)
    aligned = prepared.aligned
    if not len(aligned):
        raise InputError("No event is left to study, so there is nothing to compare placebos with.")
    event_id = prepared.events.event_id[aligned.row]
    if design == "auto":
        largest = int(np.unique(aligned.dates(prepared.panel.listing), return_counts=True)[1].max())
        design = "shift" if largest > 1 and largest > 0.05 * len(aligned) else "independent"
    code, day0 = _places(study, prepared, design, draws)
    again = partial(replicate, study, prepared, event_id=event_id, narrowed=True)
    observed = again(code=aligned.code[None], day0=aligned.day0[None], own=True, name="observed")
    own, name = design != "firms", f"placebo {design}"
    placebos = again(code=code, day0=day0, own=own, name=name, progress=progress)
    return PlaceboStudy(design, len(code), tuple(_rows(observed, placebos)))


def _places(study: Study, prepared: Prepared, design: str, draws: int) -> tuple[Ints, Ints]:
    """Return symbols and sessions of the placebos, shape (B, N) each."""
    aligned, panel = prepared.aligned, prepared.panel
    rng = generator(study.seed, "placebo", design)
    happened = panel.listing.codes(prepared.events.symbol)
    known = happened >= 0
    places = eligible(panel, study.windows, aligned.masked)
    # An event that the study drops is one all the same.
    places = away_from_events(places, study.windows, happened[known], prepared.placed.day0[known])
    if design == "independent":
        columns = []
        for code in aligned.code:
            sessions = some(places.sessions(int(code)), panel.listing.symbols[code])
            columns.append(sessions[rng.integers(0, len(sessions), draws)])
        return np.tile(aligned.code, (draws, 1)), np.column_stack(columns)
    if design == "shift":
        shifts = _shifts(places, aligned.code, aligned.day0)
        chosen = shifts if len(shifts) <= draws else np.sort(rng.choice(shifts, draws, replace=False))
        return np.tile(aligned.code, (len(chosen), 1)), aligned.day0 + chosen[:, None]
    return _firms(study, prepared, places, draws, rng), np.tile(aligned.day0, (draws, 1))


def _shifts(places: Places, code: Ints, day0: Ints) -> Ints:
    """Return the numbers of sessions by which all events can be moved at once."""
    shifts = places.sessions(int(code[0])) - day0[0]
    for symbol, session in zip(code[1:], day0[1:], strict=True):
        shifts = shifts[places.at(np.full(len(shifts), symbol), session + shifts)]
    if len(shifts) < FEWEST_SHIFTS:
        raise InputError(
            f"All events can be moved together to {len(shifts)} places only; {FEWEST_SHIFTS} are needed. "
            "Take design='independent', or more prices."
        )
    return np.asarray(shifts, dtype=np.int64)


def _firms(study: Study, prepared: Prepared, places: Places, draws: int, rng: np.random.Generator) -> Ints:
    listing = prepared.panel.listing
    exchange = listing.exchange
    others = stocks(study, prepared.panel)
    columns = []
    for symbol, session in zip(prepared.aligned.code, prepared.aligned.day0, strict=True):
        near = others[exchange[others] == exchange[symbol]]
        near = near[places.at(near, np.full(len(near), session))]
        if not len(near):
            raise InputError(f"No other symbol could stand in for {listing.symbols[symbol]} on its day 0.")
        columns.append(near[rng.integers(0, len(near), draws)])
    return np.column_stack(columns)


def _rows(observed: Iterable[Replicated], placebos: Iterator[Replicated]) -> Iterator[PlaceboRow]:
    drawn: dict[tuple[str, ...], list[tuple[float, float]]] = {}
    lacking: dict[tuple[str, ...], Reason] = {}
    for each in placebos:
        drawn.setdefault(_key(each), []).append((each.outcome.statistic, each.outcome.p_value))
        lacking.setdefault(_key(each), each.outcome.reason)
    for each in observed:
        found = np.array(drawn.get(_key(each), []), dtype=np.float64).reshape(-1, 2)
        found = found[~np.isnan(found[:, 0])]
        own, usable = each.outcome, len(found) > 0 and not np.isnan(each.outcome.statistic)
        yield PlaceboRow(
            model=each.model,
            window=each.window,
            test=own.test,
            event_id=own.event_id,
            statistic=own.statistic,
            reported=own.p_value,
            p_value=resampling_p_value(own.statistic, found[:, 0], own.alternative, exact=False) if usable else np.nan,
            rejected=float(rejects(found[:, 1], 0.05).mean()) if len(found) else np.nan,
            draws=found[:, 0],
            reason=Reason.OK if usable else _reason(own.reason, lacking.get(_key(each), Reason.NO_EVENTS)),
        )


def _reason(own: Reason, placebos: Reason) -> Reason:
    return placebos if own == Reason.OK else own


def _key(each: Replicated) -> tuple[str, ...]:
    outcome = each.outcome
    return each.model, each.window, outcome.test, outcome.convention, outcome.alternative, outcome.event_id

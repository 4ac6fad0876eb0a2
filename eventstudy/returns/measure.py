"""Estimate a model for every event and take its abnormal returns, block by block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from eventstudy._typing import Dates, Floats, Ints
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.execution import Engine, blocks, keep_memory, map_chunks
from eventstudy.panels import ReturnPanel
from eventstudy.returns import paths
from eventstudy.returns.abnormal import AbnormalReturns
from eventstudy.returns.accumulators import Around, FirstPass, Places, Residuals, TwoPass
from eventstudy.returns.align import Aligned
from eventstudy.returns.autocorrelation import AUTOCORRELATIONS
from eventstudy.returns.bhar import BuyAndHold
from eventstudy.returns.blocks import BlockReader
from eventstudy.returns.covariance import FORECAST_ERRORS, ForecastError
from eventstudy.returns.estimates import Whole
from eventstudy.returns.estimation import Measured, Part, estimated
from eventstudy.returns.measures import RETURN_MEASURES
from eventstudy.returns.models.base import ExpectedReturnModel
from eventstudy.returns.passes import Accumulated, Groups, Merger, Needs, finish, first_look, gathered, second_look
from eventstudy.returns.reading import Reading
from eventstudy.returns.regressors import Regressors

__all__ = ["measure_abnormal_returns"]

Block = tuple[list[tuple[Ints, Measured]], Accumulated]
"""What is kept of the events of a block, in parts, and what the accumulators took of it."""


def measure_abnormal_returns(
    aligned: Aligned,
    panel: ReturnPanel,
    model: ExpectedReturnModel,
    regressors: Regressors,
    *,
    needs: Needs = (),
    groups: Groups | None = None,
    forecast_error: ForecastError = "full",
    autocorrelation: str = "none",
    hold: BuyAndHold | None = None,
    weights: Floats | None = None,
    diagnostics: bool = False,
    engine: Engine | None = None,
    effect: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[AbnormalReturns, Accumulated]:
    """Estimate a model for every event and take its abnormal returns, block by block.

    Parameters
    ----------
    aligned : Aligned
        E events as places in the panel.
    panel : ReturnPanel
        Returns by symbol.
    model : ExpectedReturnModel
        Bound to its benchmark.
    regressors : Regressors
        Where benchmarks and factors come from.
    needs : tuple of accumulator classes
        What the chosen tests need of the estimation residuals.
    groups : mapping of str to ndarray of shape (E,)
        Members of each group, for the accumulators.
    forecast_error : str
        ``"full"``, ``"diagonal"`` or ``"none"``.
    autocorrelation : str
        ``"none"``, or ``"ar1"``: disturbances follow on each other with the autocorrelation of the residuals.
    hold : BuyAndHold, optional
        How buy-and-hold abnormal returns are taken.
    weights : ndarray of shape (E,), optional
        What each event weighs in portfolios by value, NaN where unknown.
    diagnostics : bool
        Whether estimates come with diagnostics.
    engine : Engine, optional
        Serial without it.
    effect : float
        Added to the return of every event's day 0, a decimal: what a simulation looks for.
    progress : callable, optional
        Called with blocks done and blocks in all, counted twice where a test needs two looks at them.

    Returns
    -------
    abnormal : AbnormalReturns
        In the order of `aligned`.
    accumulated : dict
        By group and accumulator class.

    Raises
    ------
    InputError
        For an unknown `forecast_error`, and for a model that lacks what it needs (`BlockReader.of`).
    UnknownNameError
        For an unknown `autocorrelation`.
    """
    _check_names(forecast_error, autocorrelation)
    keep_memory()
    engine, groups = engine or Engine(), groups or {}
    path = paths.choose(engine.path, len(aligned))
    with paths.running(path):
        reader = BlockReader.of(aligned, panel, model, regressors, effect)
    sessions = {code: calendar.sessions for code, calendar in panel.listing.exchanges.items()}
    serial = autocorrelation == "ar1"
    run = _Run(reader, groups, forecast_error, hold or BuyAndHold(), sessions, serial=serial, diagnostics=diagnostics)
    looks = _Looks(run, engine, path, needs, progress)
    where = (aligned.code, aligned.day0, reader.exchange, sessions, aligned.own_windows, weights)
    places = {name: Places(aligned.windows, members, *where) for name, members in groups.items()}
    whole: Whole[Measured] = Whole(len(aligned))
    accumulated = looks.take(first_look(needs, places), whole)
    measured = whole.record()
    abnormal = run.abnormal(np.arange(len(aligned)), measured)
    remade = None if measured.fits is None else partial(reader.remade, fits=measured.fits)
    paths.run_on(path, finish, accumulated, engine, places, remade)
    if looks.count == 2:
        cars = abnormal.cars(engine)
        firsts = {name: FirstPass(abnormal, cars, places[name], accumulated[name]) for name in groups}
        again = looks.take(second_look(needs, firsts), known=measured)
        paths.run_on(path, finish, again, engine, places)
        for name, by_class in again.items():
            accumulated[name] |= by_class
    return abnormal, accumulated


def _check_names(forecast_error: str, autocorrelation: str) -> None:
    """Raise for a word that nothing answers to."""
    if forecast_error not in FORECAST_ERRORS:
        raise InputError(f"forecast_error is {forecast_error!r}; it is one of {', '.join(FORECAST_ERRORS)}.")
    if autocorrelation not in AUTOCORRELATIONS:
        raise UnknownNameError("autocorrelation", autocorrelation, AUTOCORRELATIONS)


@dataclass(frozen=True, slots=True, eq=False)
class _Looks:
    """How all events are looked at, once or twice."""

    run: _Run
    engine: Engine
    path: str
    needs: Needs
    progress: Callable[[int, int], None] | None

    @property
    def count(self) -> int:
        """How many times."""
        return 1 + any(issubclass(need, TwoPass) for need in self.needs)

    def take(
        self, empty: Accumulated, whole: Whole[Measured] | None = None, known: Measured | None = None
    ) -> Accumulated:
        """Return what the accumulators take, and put what is measured into the whole; the second time it is known."""
        again, events = whole is None, len(self.run.reader.aligned)
        rows = blocks(events, paths.TIMES[self.path]) or [np.empty(0, dtype=np.int64)]
        # It would travel to each process.
        known = known if self.engine.shares_memory else None
        task = partial(paths.run_on, self.path, self.run.block, empty=empty, again=again, known=known)
        if self.engine.shares_memory and whole is not None:
            task = partial(_put, whole, task)

        def told(done: int, total: int) -> None:
            if self.progress is not None:
                self.progress(done + again * total, total * self.count)

        merger = Merger(empty)
        for parts, found in map_chunks(task, rows, self.engine, told):
            if whole is not None:
                whole.put_all(parts)
            merger.put(found)
        return merger.whole()


def _put(whole: Whole[Measured], task: Callable[[Ints], Block], rows: Ints) -> Block:
    """Put what a block brings home where it belongs, in the thread that has it in its cache."""
    parts, found = task(rows)
    whole.put_all(parts)
    return [], found


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What every block of a run has in common."""

    reader: BlockReader
    groups: Groups
    forecast_error: ForecastError
    hold: BuyAndHold
    sessions: Mapping[str, Dates]
    serial: bool
    diagnostics: bool

    def block(self, rows: Ints, *, empty: Accumulated, again: bool, known: Measured | None) -> Block:
        """Return what is kept of a block's events, nothing the second time, and what the accumulators took."""
        diagnostics = self.diagnostics and not again
        parts = estimated(self.reader, rows, serial=self.serial, diagnostics=diagnostics, known=known)
        residuals = [self._residuals(part) for part in parts] if any(empty.values()) else []
        # The residuals go no further than this block.
        return [] if again else [(part.rows, part.measured) for part in parts], gathered(empty, residuals, self.groups)

    def abnormal(self, rows: Ints, measured: Measured) -> AbnormalReturns:
        """Return the abnormal returns of some events, from what was measured of them."""
        reader, own = self.reader, self.reader.aligned.own_windows
        forecast = measured.estimates.parameters if measured.forecast is None else measured.forecast
        return AbnormalReturns(
            windows=reader.aligned.windows,
            ar=measured.ar,
            covariance=measured.covariance,
            estimates=measured.estimates,
            source=Reading(reader, forecast, rows),
            forecast_error=self.forecast_error,
            log=reader.panel.measure == "log",
            returns=reader.panel.measure in RETURN_MEASURES,
            hold=self.hold,
            span=measured.span,
            own_windows=None if own is None else own[rows],
        )

    def _residuals(self, part: Part) -> Residuals:
        first = self.reader.aligned.day0[part.rows] + self.reader.aligned.windows.stretch[0]
        return Residuals(part.rows, part.residuals, part.sigma, first, partial(self._around, part), part.complete)

    def _around(self, part: Part) -> Around:
        reader, rows = self.reader, part.rows
        code, day0 = reader.aligned.code[rows], reader.aligned.day0[rows]
        abnormal = self.abnormal(rows, part.measured)
        return Around(abnormal, part.block, reader.model, code, day0, reader.exchange[rows], self.sessions)

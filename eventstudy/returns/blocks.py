"""From places in the panel to what a model sees: one gather a block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy._labels import alike, distinct
from eventstudy._typing import Bools, Floats, Ints, Labels
from eventstudy.errors import InputError
from eventstudy.execution import ranges, sliced
from eventstudy.panels import Listing, ReturnPanel
from eventstudy.returns.accumulators import take
from eventstudy.returns.align import Aligned
from eventstudy.returns.donors import BlockDonors, DonorPool
from eventstudy.returns.fixed import known_designs
from eventstudy.returns.models.base import Block, ExpectedReturnModel, FixedModel, LinearModel
from eventstudy.returns.own import Named
from eventstudy.returns.regressors import Regressors, RegressorTables
from eventstudy.returns.remade import Fits, Remade
from eventstudy.returns.shared import Dated, factorise, forecast_errors, remade
from eventstudy.returns.shared_fit import SharedFit

__all__ = ["BlockReader"]


@dataclass(frozen=True, slots=True, eq=False)
class BlockReader:
    """Where the blocks of one model come from.

    Parameters
    ----------
    aligned : Aligned
        E events as places in the panel.
    panel : ReturnPanel
        Returns by symbol.
    estimation : ReturnPanel
        The same without the sessions that no estimation window uses.
    model : ExpectedReturnModel
        Whose needs are met.
    tables : RegressorTables
        Its regressors.
    exchange : ndarray of shape (E,)
        Exchange code of each event.
    pool : DonorPool, optional
        For models that make counterfactuals.
    dated : Dated, optional
        The model's designs by date, where events share them.
    effect : float
        Added to the return of every event's day 0, a decimal: what a simulation looks for.
    """

    aligned: Aligned
    panel: ReturnPanel
    estimation: ReturnPanel
    model: ExpectedReturnModel
    tables: RegressorTables
    exchange: Labels
    pool: DonorPool | None = None
    dated: Dated | None = None
    effect: float = 0.0

    @classmethod
    def of(
        cls,
        aligned: Aligned,
        panel: ReturnPanel,
        model: ExpectedReturnModel,
        regressors: Regressors,
        effect: float = 0.0,
    ) -> BlockReader:
        """Return the reader of a model.

        Raises
        ------
        InputError
            If the model needs a riskless return that there is not, or can't weight returns from trade to trade.
        """
        exchange = _exchanges(panel.listing, aligned.code)
        tables = regressors.tables(model.regressors, distinct(exchange)[1] if len(exchange) else None)
        if model.excess and not tables.risk_free:
            raise InputError(
                f"The model {model.kind!r} explains returns in excess of the riskless return, and there is none; give "
                f"factors with a column rf."
            )
        if panel.span is not None and not model.takes_spans:
            raise InputError(
                f"The model {model.kind!r} can't weight returns from trade to trade; use missing = drop with it."
            )
        pool = None
        if model.donor_symbols is not None:
            pool = DonorPool(panel, model.donor_symbols, regressors.happened)
            for symbol in model.donor_symbols:
                panel.listing.code(symbol)
        dated = _dated(aligned, panel, model, tables)
        return cls(aligned, panel, aligned.estimation_panel(panel), model, tables, exchange, pool, dated, effect)

    def read(self, rows: Ints) -> Block:
        """Return what the model sees of these events."""
        windows = self.aligned.windows
        stretch, event = windows.stretch, windows.event
        y, y_event = self._returns(self.estimation, rows, stretch), self.event_returns(rows)
        inside = self._inside(rows)
        if inside is not None:
            y = np.where(inside, y, np.nan)
        span, span_event = self._spans(rows, stretch), self._spans(rows, event)
        riskless = self.model.excess
        return Block(
            y=y,
            x=self._regressors(rows, stretch, span),
            y_event=y_event,
            x_event=self._regressors(rows, event, span_event),
            risk_free=self._risk_free(rows, stretch, span) if riskless else None,
            risk_free_event=self._risk_free(rows, event, span_event) if riskless else None,
            factor=self.tables.factor,
            inside=inside,
            span=span,
            span_event=span_event,
            gap=event[0] - stretch[1] - 1,
            donors=None if self.pool is None else self._donors(rows, self.pool),
        )

    def stretches(self, rows: Ints | slice) -> tuple[Floats, Ints, Bools]:
        """Return, for a model whose designs are shared, where the estimation returns lie.

        Returns
        -------
        values : ndarray
            A flat vector.
        at : ndarray of shape (E,)
            Where in it each event's returns begin, one after another.
        whole : ndarray of shape (E,)
            Whether the event's symbol is listed on all of these sessions.
        """
        start, length = self._place(rows, self.aligned.windows.stretch)
        at, whole = self.estimation.listing.stretches(self.aligned.code[sliced(rows)], start, length)
        return self.estimation.values, at, whole

    def remade(self, rows: Ints, fits: Fits) -> Remade:
        """Return how to make the residuals of some events by the designs of their dates, from the fits of all."""
        assert self.dated is not None
        where = sliced(rows)
        return remade(self.estimation.values, self.dated.designs, self.dated.date[where], take(fits, where))

    def event_returns(self, rows: Ints) -> Floats:
        """Return the returns of the event window, which holds day 0 if there is an effect, shape (E, L)."""
        days = self.aligned.windows.event
        returns = self._returns(self.panel, rows, days)
        if self.effect:
            returns[:, -days[0]] += self.effect
        return returns

    def forecast_errors(self, rows: Ints, fit: SharedFit) -> Floats:
        """Return abnormal returns, shape (E, L), of a model of shared designs."""
        where = sliced(rows)
        start, length = self._place(where, self.aligned.windows.event)
        at, whole = self.panel.listing.stretches(self.aligned.code[where], start, length)
        if self.dated is None or self.effect or not whole.all():
            return self.event_returns(rows) - self.by_date(rows, fit.coefficients)
        return forecast_errors(self.panel.values, at, self.dated.designs, self.dated.date[where], fit)

    def by_date(self, rows: Ints, coefficients: Floats) -> Floats:
        """Return expected returns, shape (E, L), for coefficients of shape (E, K) of a model of shared designs."""
        assert self.dated is not None
        return self.dated.designs.forecast(self.dated.date[rows], coefficients)

    def benchmark(self, rows: Ints, expected: Floats) -> Floats:
        """Return what buy-and-hold returns are compared with, session by session, whatever returns span.

        Parameters
        ----------
        rows : ndarray of shape (E,)
            The events.
        expected : ndarray of shape (E, L)
            The model's expected returns, for a model without a benchmark.

        Returns
        -------
        ndarray of shape (E, L) or (E, L, J)
            The model's first regressor, in full where it is an excess return; each of the J members where it is a
            portfolio of the event's own, which is held, not rebalanced.
        """
        start, length = self._place(rows, self.aligned.windows.event)
        if not self.model.regressors:
            spans = self._spans(rows, self.aligned.windows.event)
            return expected if spans is None else expected / spans
        own = self.tables.own.get(0)
        if isinstance(own, Named) and own.codes.shape[2] > 1:
            return own.members(rows, self.exchange[rows], start, length)
        first = self.tables.gather(self.exchange[rows], start, length, rows)[..., 0]
        if self.model.excess and self.tables.factor[0]:
            return first + self.tables.gather_risk_free(self.exchange[rows], start, length)
        return first

    def delisted(self, rows: Ints) -> Bools | None:
        """Return which event sessions come after the last of the event's symbol, shape (E, L), None where none do."""
        start, length = self._place(rows, self.aligned.windows.event)
        last = self.panel.listing.last[self.aligned.code[rows]]
        if (start + length - 1 <= last).all():
            return None
        return np.asarray(start[:, None] + np.arange(length) > last[:, None])

    def _place(self, rows: Ints | slice, days: tuple[int, int]) -> tuple[Ints, int]:
        return self.aligned.day0[sliced(rows)] + days[0], days[1] - days[0] + 1

    def _returns(self, panel: ReturnPanel, rows: Ints, days: tuple[int, int]) -> Floats:
        start, length = self._place(rows, days)
        return panel.window(self.aligned.code[rows], start, length)

    def _spans(self, rows: Ints, days: tuple[int, int]) -> Floats | None:
        if self.panel.span is None:
            return None
        start, length = self._place(rows, days)
        spans = self.panel.listing.gather(self.panel.span, self.aligned.code[rows], start, length)
        return np.where(np.isnan(spans), 1.0, spans)

    def _regressors(self, rows: Ints, days: tuple[int, int], span: Floats | None) -> Floats:
        before, after = self.model.margin
        exchange = self.exchange[rows]
        start, length = self._place(rows, days)
        if span is None:
            return self.tables.gather(exchange, start - before, before + length + after, rows)
        reach = int(span.max(initial=1.0)) - 1
        return summed(self.tables.gather(exchange, start - reach, reach + length, rows), span)

    def _risk_free(self, rows: Ints, days: tuple[int, int], span: Floats | None) -> Floats:
        start, length = self._place(rows, days)
        reach = 0 if span is None else int(span.max(initial=1.0)) - 1
        riskless = self.tables.gather_risk_free(self.exchange[rows], start - reach, reach + length)
        return riskless if span is None else summed(riskless[..., None], span)[..., 0]

    def _inside(self, rows: Ints) -> Bools | None:
        """Return which sessions belong to each event's own estimation window, None where all do."""
        windows = self.aligned.windows
        own = self.aligned.own_estimation
        if windows.estimation_after is None and own is None:
            return None
        inside = np.tile(windows.estimated, (len(rows), 1))
        if own is not None:
            days = np.arange(windows.stretch[0], windows.stretch[1] + 1)
            before = (days >= windows.estimation[0]) & (days <= windows.estimation[1])
            inside &= ((days >= own[rows, :1]) & (days <= own[rows, 1:])) | ~before
        return inside

    def _donors(self, rows: Ints, pool: DonorPool) -> BlockDonors:
        windows, aligned = self.aligned.windows, self.aligned
        return BlockDonors(
            pool, aligned.code[rows], aligned.day0[rows], self.exchange[rows], windows.stretch, windows.event
        )


def _exchanges(listing: Listing, code: Ints) -> Labels:
    """Return the exchange code of each event."""
    codes = np.array([*listing.exchanges], dtype=object)
    return alike(codes[0], len(code)) if len(codes) == 1 else codes[listing.exchange[code]]


def _dated(aligned: Aligned, panel: ReturnPanel, model: ExpectedReturnModel, tables: RegressorTables) -> Dated | None:
    """Return a model's designs, factorised once for each exchange and day 0, where events share them."""
    windows = aligned.windows
    own = tables.own or panel.span is not None or aligned.own_estimation is not None
    if own or windows.estimation_after is not None or not len(aligned):
        return None
    # Whatever has the attributes of a model will do, and what stands around one has them too.
    if not isinstance(model, LinearModel | FixedModel) or not model.shares_designs():
        return None
    codes, of_symbol = np.array([*panel.listing.exchanges]), panel.listing.exchange
    most = int(aligned.day0.max(initial=0)) + 1
    places = aligned.day0 if len(codes) == 1 else of_symbol[aligned.code] * most + aligned.day0
    there = np.zeros(len(codes) * most, dtype=bool)
    there[places] = True
    keys, number = np.flatnonzero(there), np.cumsum(there) - 1
    (start, end), (before, after) = windows.stretch, windows.event
    exchange, day0 = keys // most, keys % most
    tabled = [
        _design(model, tables.values[code][None], tables.risk_free.get(code), tables.factor)[0].T
        for code in codes[np.unique(exchange)]
    ]
    lengths = np.zeros(len(codes), dtype=np.int64)
    lengths[np.unique(exchange)] = [each.shape[1] for each in tabled]
    begins = (np.cumsum(lengths) - lengths)[exchange]
    first, first_ahead = (
        np.where((day0 + low >= 0) & (day0 + high < lengths[exchange]), begins + day0 + low, -1)
        for low, high in (windows.stretch, windows.event)
    )
    where = (codes[exchange].astype(object), day0 + before, after - before + 1)
    riskless = None
    if model.excess:
        by_session = np.concatenate([tables.risk_free[code] for code in codes[np.unique(exchange)]])
        riskless = by_session, tables.gather_risk_free(*where)
    ahead = _design(model, tables.gather(*where), None if riskless is None else riskless[1], tables.factor)
    series = np.concatenate(tabled, axis=1, out=np.empty((len(tabled[0]), int(lengths.sum()))))
    given = (series, first, first_ahead, end - start + 1, ahead)
    designs = known_designs(*given) if isinstance(model, FixedModel) else factorise(*given, riskless)
    return Dated(designs, number[places])


def _design(model: ExpectedReturnModel, x: Floats, risk_free: Floats | None, factor: tuple[bool, ...]) -> Floats:
    """Return the design rows of a model that shares them, shape (E, n, P), for regressors of shape (E, n, K)."""
    if isinstance(model, FixedModel):
        return model.expected(x)[..., None]
    assert isinstance(model, LinearModel)
    return model.design(model.regressed(x, risk_free, factor))


def summed(values: Floats, span: Floats) -> Floats:
    """Return sums over the sessions that each return covers.

    Parameters
    ----------
    values : ndarray of shape (E, B + n, K)
        By session, with B sessions before the first.
    span : ndarray of shape (E, n)
        How many sessions up to each to sum, at most B + 1.

    Examples
    --------
    >>> summed(np.array([[[1.0], [2.0], [4.0]]]), np.array([[1.0, 2.0]])).ravel().tolist()
    [2.0, 6.0]
    """
    before = values.shape[1] - span.shape[1]
    sums = values[:, before:].copy()
    event, session = np.nonzero(span > 1)
    if not event.size:
        return sums
    counts = span[event, session].astype(np.int64)
    sessions = ranges(session + before - counts + 1, counts)
    begins = np.cumsum(counts) - counts
    sums[event, session] = np.add.reduceat(values[np.repeat(event, counts), sessions], begins, axis=0)
    return sums

"""From a block of events to their abnormal returns: by the designs of their dates where they can, else one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from eventstudy._labels import alike
from eventstudy._lazy import lazy
from eventstudy._typing import Floats, Ints
from eventstudy.errors import Reason
from eventstudy.execution import in_pieces, sliced
from eventstudy.returns import paths
from eventstudy.returns.accumulators import Unread, take
from eventstudy.returns.autocorrelation import first_order
from eventstudy.returns.blocks import BlockReader
from eventstudy.returns.by_date import fit_by_date, residuals_by_date
from eventstudy.returns.covariance import Covariance
from eventstudy.returns.diagnostics import diagnose_model
from eventstudy.returns.estimates import Estimates
from eventstudy.returns.fixed import fit_fixed
from eventstudy.returns.models.base import (
    SPARE_OBSERVATIONS,
    Block,
    EstimationResult,
    ExpectedReturnModel,
    FixedModel,
    LinearModel,
    failures,
    unusable,
)
from eventstudy.returns.remade import Fits, Remade, as_rows
from eventstudy.returns.rows import Filled
from eventstudy.returns.shared import SharedDesigns
from eventstudy.returns.shared_fit import SharedFit

__all__ = ["Measured", "Part", "estimated", "without_rounding"]

# Abnormal returns smaller than this share of sigma are rounding.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What is kept of E events.

    Parameters
    ----------
    ar : ndarray of shape (E, L)
        Abnormal returns.
    covariance : Covariance
        Theirs.
    estimates : Estimates
        Theirs.
    forecast : ndarray of shape (E, L) or (E, K), optional
        Expected returns, or the coefficients that give them where designs are shared by date: the parameters, without
        it.
    fits : Fits, optional
        What their residuals are made from, where they are made again.
    span : ndarray of shape (E, L), optional
        Sessions that each return covers, where returns run from trade to trade.
    """

    ar: Floats
    covariance: Covariance
    estimates: Estimates
    forecast: Floats | None = None
    fits: Fits | None = None
    span: Floats | None = None


@dataclass(frozen=True, eq=False)
class Part:
    """Some events of one block, with the residuals that go no further than it.

    Parameters
    ----------
    rows : ndarray of shape (n,)
        The events.
    measure : callable
        What gives the `Measured` that is kept of them; a second look may do without.
    residuals : ndarray of shape (n, M), Filled or Remade
        Estimation residuals: NaN where missing; or zero there; or how to make them.
    sigma : ndarray of shape (n,)
        Their standard deviations.
    complete : bool
        Whether no residual is missing.
    block : Block or Unread
        What the model saw, or what reads it.
    """

    rows: Ints
    measure: Callable[[], Measured]
    residuals: Floats | Filled | Remade
    sigma: Floats
    complete: bool
    block: Block | Unread

    @lazy
    def measured(self) -> Measured:
        """What is kept of the events."""
        return self.measure()


def estimated(
    reader: BlockReader,
    rows: Ints,
    *,
    serial: bool = False,
    diagnostics: bool = False,
    known: Measured | None = None,
) -> list[Part]:
    """Estimate the events of a block.

    Parameters
    ----------
    reader : BlockReader
        Of the model.
    rows : ndarray
        The block's events.
    serial : bool
        Whether disturbances are taken to be autocorrelated.
    diagnostics : bool
        Whether estimates come with diagnostics.
    known : Measured, optional
        What an earlier look measured of all events: none is fitted again whose residuals can be made from it.

    Returns
    -------
    list of Part
        Events fitted by the designs of their dates, and those fitted one by one; together, the events of the block.
    """
    parts: list[Part] = []
    if known is not None and reader.dated is not None:
        parts, rows = _again(reader, rows, known)
    elif reader.dated is not None:
        parts, rows = _by_date(reader, rows, diagnostics=diagnostics)
    if len(rows) or not parts:
        parts += [_fitted(reader, some, diagnostics=diagnostics) for some in in_pieces(rows)]
    return [replace(part, measure=partial(_serial, part)) for part in parts] if serial else parts


def _serial(part: Part) -> Measured:
    """Return what is kept of events whose disturbances have the autocorrelation of the residuals."""
    covariance = replace(part.measured.covariance, rho=first_order(as_rows(part.residuals)))
    return replace(part.measured, covariance=covariance)


def _fitted(reader: BlockReader, rows: Ints, *, diagnostics: bool) -> Part:
    """Let the model see its block."""
    block, model = reader.read(rows), reader.model
    coefficients = fits = None
    if reader.dated is not None:
        none = np.zeros(len(rows), dtype=np.int64)
        fits = Fits.none(none, reader.dated.designs.slopes) if paths.compiled() else None
    if reader.dated is not None and isinstance(model, LinearModel):
        fit = model.solve(block)
        result = model.forecast(block, fit)
        result = _with_enough(result, _fewest(reader))
        coefficients = np.where((result.reason == Reason.OK)[:, None], fit.coefficients, np.nan)
    else:
        result = _with_enough(model.fit(block), _fewest(reader))
        if reader.dated is not None:
            coefficients = np.where(result.reason == Reason.OK, 1.0, np.nan)[:, None]

    def measure() -> Measured:
        asked = diagnose_model(model, block, result.residuals) if diagnostics else None
        return Measured(
            ar=without_rounding(block.y_event - result.expected, result.sigma),
            covariance=Covariance.of(result.noise, result.spread),
            estimates=Estimates.of(model, result, asked),
            forecast=result.expected if coefficients is None else _beside(model, coefficients),
            fits=fits,
            span=block.span_event,
        )

    return Part(rows, measure, result.residuals, result.sigma, complete=False, block=block)


def _fewest(reader: BlockReader) -> int:
    """Return how many complete rows are asked for: `Windows.fewest`, less the sessions that the model can't use.

    What a least-squares model needs for itself may be more.
    """
    model = reader.model
    own = len(model.column_names) + SPARE_OBSERVATIONS if isinstance(model, LinearModel | FixedModel) else 0
    return max(reader.aligned.windows.fewest - sum(model.edges), own)


def _with_enough(result: EstimationResult, fewest: int) -> EstimationResult:
    """Return what a model makes of a block, without the events whose regressors leave too few complete rows."""
    # Another reason of the model's own is the nearer one.
    few = (result.n_obs < fewest) & np.isin(result.reason, (Reason.OK, Reason.TOO_FEW_ESTIMATION_DAYS))
    if not few.any():
        return result
    numbers = ("parameters", "sigma", "r_squared", "expected", "noise", "spread", "residuals")
    without = {name: np.array(getattr(result, name)) for name in numbers}
    for array in without.values():
        array[few] = np.nan
    reason, detail = result.reason.copy(), result.detail.copy()
    reason[few] = Reason.TOO_FEW_ESTIMATION_DAYS
    detail[few] = [f"{found} complete rows, {fewest} needed" for found in result.n_obs[few]]
    return replace(result, **without, reason=reason, detail=detail)


def _by_date(reader: BlockReader, rows: Ints, *, diagnostics: bool) -> tuple[list[Part], Ints]:
    """Estimate events by the designs of their dates; return too the events for which that is no way."""
    dated, others = reader.dated, []
    assert dated is not None
    where = sliced(rows)
    values, at, listed = reader.stretches(where)
    date = dated.date[where]
    usable = listed & dated.designs.usable[date]
    if not usable.all():
        others.append(rows[~usable])
        rows, at, date = rows[usable], at[usable], date[usable]
    if not len(rows):
        return [], np.concatenate([rows, *others])
    fit = _fit(reader.model, values, at, dated.designs, date)
    there = np.isfinite(fit.sigma)
    if not there.all():
        others.append(rows[~there])
        rows, fit = rows[there], fit.estimated(there)
    parts = [_part(reader, rows, fit, diagnostics=diagnostics)] if len(rows) else []
    return parts, np.concatenate([rows[:0], *others])


def _fit(model: ExpectedReturnModel, values: Floats, at: Ints, designs: SharedDesigns, date: Ints) -> SharedFit:
    """Return fits of events with and without gaps; NaN where there is no such fit."""
    if isinstance(model, FixedModel):
        return fit_fixed(values, at, designs, date, centred=model.centred)
    return fit_by_date(values, at, designs, date)


def _part(reader: BlockReader, rows: Ints, fit: SharedFit, *, diagnostics: bool) -> Part:
    """Return what fits by the designs of their dates say of events."""
    model, dated = reader.model, reader.dated
    assert isinstance(model, LinearModel | FixedModel)
    assert dated is not None
    fewest = _fewest(reader)
    failed = unusable(fit, model.column_names, fewest)
    if failed.any():
        fit = fit.without(np.flatnonzero(failed))

    def measure() -> Measured:
        reason, detail = alike(str(Reason.OK), len(rows)), alike("", len(rows))
        if failed.any():
            reason, detail = failures(fit, model.column_names, fewest)
        estimates = Estimates(
            names=model.parameters,
            parameters=model.reported(fit.coefficients),
            sigma=fit.sigma,
            r_squared=fit.r_squared,
            dof=fit.dof,
            n_obs=fit.n_obs,
            reason=reason,
            detail=detail,
            mean_residual=fit.mean_residual,
            diagnostics=diagnose_model(model, reader.read(rows), as_rows(fit.residuals)) if diagnostics else None,
        )
        designs, date = dated.designs, dated.date[sliced(rows)]
        return Measured(
            ar=without_rounding(reader.forecast_errors(rows, fit), fit.sigma),
            covariance=Covariance.by_design(fit.sigma, designs.spread, designs.leverage, date, fit.turned),
            estimates=estimates,
            forecast=_beside(model, fit.coefficients),
            fits=fit.residuals.fits if isinstance(fit.residuals, Remade) else None,
        )

    complete = bool((fit.n_obs == dated.designs.sessions).all()) and not failed.any()
    return Part(rows, measure, fit.residuals, fit.sigma, complete, Unread(reader.read, rows))


def _beside(model: ExpectedReturnModel, coefficients: Floats) -> Floats | None:
    """Return the coefficients of a design where they are other numbers than the parameters that the model reports."""
    assert isinstance(model, LinearModel | FixedModel)
    return None if model.reported(coefficients) is coefficients else coefficients


def _again(reader: BlockReader, rows: Ints, known: Measured) -> tuple[list[Part], Ints]:
    """Return the events whose residuals can be made from what is known; return the others too.

    They are those of `_by_date`, so that sums over a part are of the same events whether a process knows or not.
    """
    assert reader.dated is not None
    made = known.covariance.which[sliced(rows)] >= 0
    kept = rows if made.all() else rows[made]
    if not len(kept):
        return [], rows
    where, residuals = sliced(kept), _known_residuals(reader, kept, known)
    part = partial(take, known, kept)
    sigma = known.estimates.sigma[where]
    return [Part(kept, part, residuals, sigma, residuals.complete, Unread(reader.read, kept))], rows[~made]


def _known_residuals(reader: BlockReader, rows: Ints, known: Measured) -> Filled | Remade:
    """Return the residuals of events that were fitted by the designs of their dates, none where that failed."""
    if known.fits is not None:
        return reader.remade(rows, known.fits)
    assert reader.dated is not None
    where = sliced(rows)
    values, at, _ = reader.stretches(where)
    coefficients = known.estimates.parameters if known.forecast is None else known.forecast
    date = reader.dated.date[where]
    residuals = residuals_by_date(values, at, reader.dated.designs, date, coefficients[where])
    failed = np.isnan(known.estimates.sigma[where])
    return residuals.without(np.flatnonzero(failed)) if failed.any() else residuals


def without_rounding(ar: Floats, sigma: Floats) -> Floats:
    """Return abnormal returns with zero for what is only the rounding of a difference of equal returns.

    Parameters
    ----------
    ar : ndarray of shape (E, L)
        Decimals per session, NaN where missing; written into.
    sigma : ndarray of shape (E,)
        Standard deviation of a residual; a sample of nothing but zeros must not be tested as if it varied.

    Examples
    --------
    >>> without_rounding(np.array([[0.01, 3e-18, np.nan]]), np.array([0.02])).tolist()
    [[0.01, 0.0, nan]]
    """
    limits = ROUNDING * sigma
    if paths.compiled():
        from eventstudy.returns.compiled import clear_below

        clear_below(ar, limits)
        return ar
    tiny = np.abs(ar) <= limits[:, None]
    if tiny.any():
        ar[tiny] = 0.0
    return ar

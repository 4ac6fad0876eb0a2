"""What a model sees, and what it makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels

__all__ = ["Block", "Donors", "EstimationResult"]


class Donors(Protocol):
    """The securities from which a counterfactual may be made, an event at a time."""

    def of(self, event: int) -> tuple[tuple[str, ...], Floats, Floats]:
        """Return the J donors of an event of the block that had no event of their own in its windows.

        Returns
        -------
        names : tuple of str
            J symbols.
        estimation : ndarray of shape (M, J)
            Their returns in the estimation window, decimals per session, NaN where missing.
        event : ndarray of shape (L, J)
            Their returns in the event window.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What a model sees of E events: M estimation sessions, L event sessions, K regressors.

    Parameters
    ----------
    y : ndarray of shape (E, M)
        Returns in the estimation window, decimals per session, NaN where missing.
    x : ndarray of shape (E, B + M + A, K)
        The model's regressors there, in the order of `ExpectedReturnModel.regressors`, with B sessions before and
        A after where the model asks for such a `margin`.
    y_event : ndarray of shape (E, L)
        Returns in the event window.
    x_event : ndarray of shape (E, B + L + A, K)
        Regressors in the event window, with the same margin.
    risk_free, risk_free_event : ndarray of shape (E, M) and (E, L), optional
        The riskless return, for models of excess returns.
    factor : tuple of bool
        Which of the K regressors are factors, and so excess or zero-cost returns already; none where empty.
    inside : ndarray of shape (E, M), optional
        Which sessions belong to the event's own estimation window; all without it. Returns elsewhere are NaN in
        `y`, regressors are not.
    span, span_event : ndarray of shape (E, M) and (E, L), optional
        Sessions that each return covers where returns run from trade to trade; one without it. Regressors, and
        riskless returns, are then sums over the same sessions.
    gap : int
        Sessions between the estimation window and the event window; negative where the first comes after.
    donors : Donors, optional
        For models that make a counterfactual of other securities.
    """

    y: Floats
    x: Floats
    y_event: Floats
    x_event: Floats
    risk_free: Floats | None = None
    risk_free_event: Floats | None = None
    factor: tuple[bool, ...] = ()
    inside: Bools | None = None
    span: Floats | None = None
    span_event: Floats | None = None
    gap: int = 0
    donors: Donors | None = None

    @property
    def spans(self) -> Floats:
        """Sessions that each estimation return covers, shape (E, M)."""
        return np.ones(self.y.shape) if self.span is None else self.span

    @property
    def spans_event(self) -> Floats:
        """Sessions that each event-window return covers, shape (E, L)."""
        return np.ones(self.y_event.shape) if self.span_event is None else self.span_event


@dataclass(frozen=True, slots=True, eq=False)
class EstimationResult:
    """What a model makes of a block; the covariance of abnormal returns is ``diag(noise) + spread spread'``.

    Parameters
    ----------
    parameters : ndarray of shape (E, P)
        In the order of the model's `parameters`; NaN where the model could not be estimated.
    sigma : ndarray of shape (E,)
        Standard deviation of a residual, a decimal per session.
    dof : ndarray of shape (E,)
        Its degrees of freedom.
    n_obs : ndarray of shape (E,)
        Complete rows used.
    r_squared : ndarray of shape (E,)
        Share of the variance explained; NaN for a model without parameters.
    expected : ndarray of shape (E, L)
        Expected returns in the event window, NaN where a regressor is missing.
    noise : ndarray of shape (E, L)
        Variance of each session's own disturbance.
    spread : ndarray of shape (E, L, any)
        What the error of the estimated parameters adds, common to all sessions.
    residuals : ndarray of shape (E, M)
        Estimation residuals; they live only as long as the block.
    reason : ndarray of shape (E,)
        A `Reason` each.
    detail : ndarray of shape (E,)
        The figures behind it, in words; a note on the estimate where the reason is ``ok``.
    """

    parameters: Floats
    sigma: Floats
    dof: Ints
    n_obs: Ints
    r_squared: Floats
    expected: Floats
    noise: Floats
    spread: Floats
    residuals: Floats
    reason: Labels
    detail: Labels

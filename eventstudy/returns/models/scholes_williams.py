"""The Scholes-Williams beta for thin trading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Bools, Floats, Labels
from eventstudy.returns.models.base import Block
from eventstudy.returns.models.lags import around, market_alone
from eventstudy.returns.models.line import Line, LineModel, centred, column_mean

__all__ = ["ScholesWilliamsModel"]

# Of a market that follows on itself so negatively, 1 + 2 rho is next to zero and beta anything.
UNRELIABLE = 0.2


@dataclass(frozen=True)
class ScholesWilliamsModel(LineModel):
    """Expected return = ``alpha + beta R_m,t`` with a beta that allows for prices that are not of the close.

    On the sessions whose neighbours are there, with the slopes ``b_-``, ``b_0``, ``b_+`` of simple regressions on the
    market of the session before, the session itself and the session after, and rho the market's autocorrelation:
    ``beta = (b_- + b_0 + b_+) / (1 + 2 rho)``, ``alpha = mean(R) - beta mean(R_m)``. With ``z_t = R_m,t-1 + R_m,t +
    R_m,t+1`` as instrument, ``var(beta) = s^2 sum z~^2 / (sum z~ x~)^2``. Where ``1 + 2 rho`` is below 0.2 the estimate
    has a note.

    Source: Scholes and Williams (1977), Journal of Financial Economics 5, 309-327.

    Parameters
    ----------
    benchmark : str or mapping, optional
        The market; the study's benchmark where it is None.
    outside : bool
        Whether the sessions next to the estimation window lend it their market returns, so that its first and last
        session can be used.

    Examples
    --------
    >>> ScholesWilliamsModel("SPY").edges, ScholesWilliamsModel("SPY", outside=True).edges
    ((1, 1), (0, 0))
    """

    kind: ClassVar[str] = "scholes_williams"
    source: ClassVar[str] = "Scholes and Williams (1977)"

    outside: bool = False

    @property
    def margin(self) -> tuple[int, int]:
        """The sessions next to the window, if they lend it their market returns."""
        return (1, 1) if self.outside else (0, 0)

    @property
    def edges(self) -> tuple[int, int]:
        """The first and the last session lack a neighbour inside the window."""
        return (0, 0) if self.outside else (1, 1)

    def columns(self, block: Block) -> tuple[Floats, Floats]:
        """Return the market of the session, of the one before and of the one after."""
        return around(block, self.margin, (0, -1, 1), outside=self.outside), market_alone(block, self.margin)

    def line(self, y: Floats, x: Floats, used: Bools) -> Line:
        """Return the Scholes-Williams lines."""
        own, before, after = (centred(x[..., lag], used) for lag in range(3))
        market, firm = x[..., 0], centred(y, used)
        slope_before, slope_own, slope_after = (
            _ratio((each * firm).sum(axis=1), (each**2).sum(axis=1)) for each in (before, own, after)
        )
        # The pair of the last session and the one after it is there only if that one lends.
        later = np.concatenate([market, x[:, -1:, 2]], axis=1)
        earlier = np.concatenate([x[..., 1], market[:, -1:]], axis=1)
        rho = _autocorrelation(later, earlier)
        beta = (slope_before + slope_own + slope_after) / (1.0 + 2.0 * rho)
        instrument = before + own + after
        error = _ratio(np.sqrt((instrument**2).sum(axis=1)), np.abs((instrument * own).sum(axis=1)))
        alpha = column_mean(y, used) - beta * column_mean(market, used)
        return Line(alpha, beta, error, _notes(1.0 + 2.0 * rho))


def _notes(divisor: Floats) -> Labels:
    """Return a warning for each event whose beta is divided by next to nothing, shape (E,)."""
    return np.array(
        [f"1 + 2 rho is {each:.2f}: beta is unreliable" if each < UNRELIABLE else "" for each in divisor], dtype=object
    )


def _autocorrelation(market: Floats, before: Floats) -> Floats:
    """Return the correlation of the market with itself a session before, over all adjacent pairs there are, (E,)."""
    pairs = np.isfinite(market) & np.isfinite(before)
    later, earlier = centred(market, pairs), centred(before, pairs)
    return _ratio((later * earlier).sum(axis=1), np.sqrt((later**2).sum(axis=1) * (earlier**2).sum(axis=1)))


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.asarray(above / np.where(below != 0, below, np.nan))

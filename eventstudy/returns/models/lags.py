"""A regressor on the sessions around each session."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eventstudy._typing import Floats
from eventstudy.returns.models.block import Block

__all__ = ["around", "around_event", "market_alone"]


def around(block: Block, margin: tuple[int, int], lags: Sequence[int], *, outside: bool) -> Floats:
    """Return the first regressor on the sessions around each session of the estimation window.

    Parameters
    ----------
    block : Block
        Its `x` has the margin.
    margin : (int, int)
        Sessions that it holds before and after either window; sessions that it lacks are missing.
    lags : sequence of int
        Sessions after the session itself; negative before.
    outside : bool
        Whether sessions next to the event's own estimation window, as far as the margin, lend their regressors.

    Returns
    -------
    ndarray of shape (E, M, len(lags))
        NaN where the session lies outside what is there or may lend.
    """
    market = block.x[..., 0]
    inside = np.ones(block.y.shape, dtype=bool) if block.inside is None else block.inside
    lends = np.pad(inside, ((0, 0), margin))
    if outside:
        earlier = [np.pad(lends[:, lag:], ((0, 0), (0, lag))) for lag in range(1, margin[0] + 1)]
        later = [np.pad(lends[:, :-lag], ((0, 0), (lag, 0))) for lag in range(1, margin[1] + 1)]
        lends = np.logical_or.reduce([lends, *earlier, *later])
    market = np.where(lends, market, np.nan)
    return _shifted(market, margin[0], block.y.shape[1], lags)


def around_event(block: Block, margin: tuple[int, int], lags: Sequence[int]) -> Floats:
    """Return the first regressor around each session of the event window, shape (E, L, len(lags))."""
    return _shifted(block.x_event[..., 0], margin[0], block.y_event.shape[1], lags)


def market_alone(block: Block, margin: tuple[int, int]) -> Floats:
    """Return the first regressor in the event window without its margin, shape (E, L, 1)."""
    return around_event(block, margin, (0,))


def _shifted(market: Floats, before: int, length: int, lags: Sequence[int]) -> Floats:
    reach = max(map(abs, lags), default=0)
    padded = np.pad(market, ((0, 0), (reach, reach)), constant_values=np.nan)
    return np.stack([padded[:, reach + before + lag : reach + before + lag + length] for lag in lags], axis=2)

"""Blocks of made-up returns with holes, for models tested alone."""

from __future__ import annotations

import numpy as np

from eventstudy.returns.models import Block


def made_up_block(
    seed: int,
    *,
    events: int = 3,
    sessions: int = 80,
    days: int = 7,
    columns: int = 1,
    missing: float = 0.0,
    margin: tuple[int, int] = (0, 0),
    excess: bool = False,
    tails: float = np.inf,
) -> Block:
    """Return a block; `missing` is the share of returns, and half of it of regressors, that is not there."""
    rng = np.random.default_rng(seed)
    before, after = margin
    x = rng.normal(0.0004, 0.01, (events, before + sessions + after, columns))
    x_event = rng.normal(0.0004, 0.01, (events, before + days + after, columns))
    noise = rng.standard_t(tails, (events, sessions)) if np.isfinite(tails) else rng.normal(size=(events, sessions))
    y = 0.0005 + x[:, before : before + sessions] @ rng.uniform(-0.5, 1.5, columns) + 0.02 * noise
    y_event = x_event[:, before : before + days].sum(axis=2) + rng.normal(0, 0.03, (events, days))
    y[rng.random(y.shape) < missing] = np.nan
    x[rng.random(x.shape) < missing / 2] = np.nan
    riskless, riskless_event = rng.uniform(0, 3e-4, y.shape), rng.uniform(0, 3e-4, y_event.shape)
    return Block(
        y=y,
        x=x,
        y_event=y_event,
        x_event=x_event,
        risk_free=riskless if excess else None,
        risk_free_event=riskless_event if excess else None,
        factor=(True,) * columns if excess else (),
    )

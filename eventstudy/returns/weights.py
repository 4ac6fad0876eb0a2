"""Weights of donors: least squares on the simplex, and the elastic net."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Bools, Floats

__all__ = ["elastic_net", "simplex_weights"]

# A weight below this is the rounding of the solver.
NO_WEIGHT = 1e-10
MOST_SWEEPS = 10_000
CONVERGED = 1e-13


def simplex_weights(y: Floats, x: Floats, *, ridge: float = 0.0) -> Floats:
    """Return the weights at least zero, with the sum one, that minimise ``|y - x w|^2 + ridge |w|^2``.

    Parameters
    ----------
    y : ndarray of shape (n,)
        No value missing.
    x : ndarray of shape (n, J)
        One column a donor.
    ridge : float
        At least zero.

    Notes
    -----
    With weights that sum to one, ``y - x w = A w`` for ``A = y 1' - x``: the point of a convex hull next to the origin.
    It is ``u / sum(u)`` for the u at least zero that minimises ``|A u|^2 + (sum(u) - 1)^2``, an ordinary
    non-negative least squares problem. The weights that are positive are then solved for exactly.

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> simplex_weights(x @ [0.25, 0.75], x).round(6).tolist()
    [0.25, 0.75]
    """
    from scipy.optimize import nnls

    apart = y[:, None] - x
    if ridge > 0:
        apart = np.concatenate([apart, np.sqrt(ridge) * np.eye(x.shape[1])])
    scale = np.sqrt((apart**2).sum(axis=0).mean())
    stacked = np.concatenate([apart / (scale if scale > 0 else 1.0), np.ones((1, x.shape[1]))])
    target = np.zeros(len(stacked))
    target[-1] = 1.0
    found, _ = nnls(stacked, target, maxiter=50 * x.shape[1])
    weights = found / found.sum()
    return _polished(apart, weights, weights > NO_WEIGHT)


def _polished(apart: Floats, weights: Floats, active: Bools) -> Floats:
    """Return the exact minimiser with the sum one over the active columns, or the weights as they are."""
    chosen = np.flatnonzero(active)
    exact = np.zeros(len(weights))
    # With w_1 = 1 - sum of the others, the others solve a plain least-squares problem.
    first, others = apart[:, chosen[0]], apart[:, chosen[1:]]
    solved = np.linalg.lstsq(others - first[:, None], -first, rcond=None)[0] if others.size else np.empty(0)
    exact[chosen[0]], exact[chosen[1:]] = 1.0 - solved.sum(), solved
    return exact if (exact[chosen] > 0).all() else np.where(active, weights, 0.0) / weights[active].sum()


def elastic_net(y: Floats, x: Floats, *, share: float, l1_ratio: float) -> tuple[float, Floats]:
    """Return intercept and weights of the elastic net by coordinate descent.

    Parameters
    ----------
    y : ndarray of shape (n,)
        No value missing.
    x : ndarray of shape (n, J)
        One column a donor; put in units of their standard deviations (divisor n) for the penalty.
    share : float
        The penalty as a share of the smallest one at which all weights are zero.
    l1_ratio : float
        How much of the penalty is on absolute weights, the rest on squares.

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
    >>> elastic_net(2.0 * x[:, 0], x, share=1.0, l1_ratio=0.5)[1].tolist()
    [0.0, 0.0]
    """
    deviation = x.std(axis=0)
    units = np.where(deviation > 0, deviation, 1.0)
    scaled, target = (x - x.mean(axis=0)) / units, y - y.mean()
    gram, product = scaled.T @ scaled / len(y), scaled.T @ target / len(y)
    largest = np.abs(product).max() / l1_ratio
    penalty = share * largest
    weights = _descend(gram, product, penalty * l1_ratio, penalty * (1.0 - l1_ratio), deviation > 0)
    weights = weights / units
    return float(y.mean() - x.mean(axis=0) @ weights), weights


def _descend(gram: Floats, product: Floats, absolute: float, square: float, varies: Bools) -> Floats:
    """Minimise ``w'G w/2 - c'w + absolute |w|_1 + square |w|^2/2`` one weight at a time."""
    weights = np.zeros(len(product))
    gradient = product.copy()  # c - G w
    places = np.flatnonzero(varies)
    for sweep in range(MOST_SWEEPS):
        # Every other sweep looks at the donors that have a weight, until those have settled.
        largest = 0.0
        active = places if sweep % 10 == 0 else places[weights[places] != 0]
        for place in active:
            pull = gradient[place] + gram[place, place] * weights[place]
            new = np.sign(pull) * max(abs(pull) - absolute, 0.0) / (gram[place, place] + square)
            step = new - weights[place]
            if step != 0:
                gradient -= step * gram[:, place]
                weights[place] = new
                largest = max(largest, abs(step))
        if sweep % 10 == 0 and largest <= CONVERGED * max(np.abs(weights).max(), absolute):
            break
    return weights

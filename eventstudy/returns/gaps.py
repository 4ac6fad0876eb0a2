"""Least squares by shared designs where an event lacks some of its returns.

The basis ``Q = X R^-1`` of a date is orthonormal over all sessions. Over those that an event has, ``Q'Q = I - G``, G
the products of the rows of Q on the few sessions that it lacks. Then ``b = R^-1 (I - G)^-1 Q'y``, and what is missing
changes one triangle T, ``T T' = (I - G)^-1``: forecasts have the parameter error ``s^2 S T T' S'``, S the spread of the
date's design. Nothing cancels, since ``I - G`` is far from singular; where it is not, events are fitted one by one.
"""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.returns.covariance import Turned

__all__ = ["KEPT", "turned_by"]

# Least share of the square of a basis vector that the sessions there are must keep.
KEPT = 0.1


def turned_by(basis: Floats, event: Ints) -> Turned:
    """Return the events that lack returns, and their triangles T.

    Parameters
    ----------
    basis : ndarray of shape (n, K)
        Rows of Q on sessions that events lack.
    event : ndarray of shape (n,)
        Whose they are, in order.

    Returns
    -------
    Turned
        NaN where too much is missing.
    """
    events, begins = np.unique(event, return_index=True)
    lost = np.add.reduceat(basis[:, :, None] * basis[:, None, :], begins, axis=0)
    return Turned(events, _triangles(np.eye(basis.shape[1]) - lost))


def _triangles(kept: Floats) -> Floats:
    """Return upper triangles T, ``T T' = A^-1``, for A of shape (E, K, K); NaN where a diagonal of its factor is small.

    ``A = L L'`` (Cholesky), ``T = L^-T``.
    """
    count = kept.shape[1]
    lower, turn = np.zeros(kept.shape), np.zeros(kept.shape)
    for k in range(count):
        left = kept[:, k:, k] - np.einsum("ejm,em->ej", lower[:, k:, :k], lower[:, k, :k])
        pivot = np.where(left[:, 0] > KEPT, left[:, 0], np.nan)
        lower[:, k:, k] = left / np.sqrt(pivot)[:, None]
    for k in range(count):
        turn[:, k, k] = 1.0 / lower[:, k, k]
        for j in range(k - 1, -1, -1):
            turn[:, j, k] = -np.einsum("em,em->e", turn[:, j, j:k], lower[:, k, j:k]) * turn[:, k, k]
    return turn

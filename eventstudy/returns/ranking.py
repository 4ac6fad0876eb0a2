"""Ranks within rows: the arithmetic that most of a rank test's time goes into."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Bools, Floats
from eventstudy.returns import paths

__all__ = ["row_ranks"]

MOST_COLUMNS = 1 << 10  # what ten of the 52 bits of a value can count


def row_ranks(values: Floats) -> Floats:
    """Rank the values of each row, the smallest first.

    Parameters
    ----------
    values : ndarray of shape (E, D)
        NaN where missing.

    Returns
    -------
    ndarray of shape (E, D)
        Ranks 1 to the number of values in the row; ties share their average rank; NaN stays NaN.

    Notes
    -----
    The column number replaces the lowest bits of each value, and one sort of plain numbers orders the row. Where two
    values agree in all other bits the row is ranked again with care, so the ranks are exact.

    Examples
    --------
    >>> row_ranks(np.array([[0.3, -0.1, np.nan, 0.3]])).tolist()
    [[2.5, 1.0, nan, 2.5]]
    """
    plain = np.zeros(len(values), dtype=bool)
    if values.shape[1] <= MOST_COLUMNS:
        plain[:] = np.isfinite(values).all(axis=1)
    ranks = np.empty(values.shape)
    if plain.any():
        ranks[plain], tied = _rank_packed(np.ascontiguousarray(values[plain]))
        plain[np.flatnonzero(plain)[tied]] = False
    if not plain.all():
        ranks[~plain] = _rank_carefully(values[~plain])
    return ranks


def _rank_packed(values: Floats) -> tuple[Floats, Bools]:
    """Return ranks of complete rows, and which rows have ties, whose ranks are not to be used."""
    events, count = values.shape
    low = MOST_COLUMNS - 1
    # Adding zero turns -0.0 into 0.0, which is the same number, and gives a copy to write into.
    keys = values + 0.0
    bits = keys.view(np.int64)
    if paths.compiled():
        from eventstudy.returns.compiled import order_to_ranks, pack

        pack(values, bits, low)
        keys.sort(axis=1)
        return order_to_ranks(bits, low)
    bits &= ~low
    bits |= np.arange(count)
    keys.sort(axis=1)
    tied = np.asarray(((bits[:, 1:] ^ bits[:, :-1]).view(np.uint64) <= low).any(axis=1))
    bits &= low
    bits += (np.arange(events) * count)[:, None]
    ranks = np.empty(events * count)
    ranks[bits] = np.arange(1.0, count + 1.0)
    return ranks.reshape(events, count), tied


def _rank_carefully(values: Floats) -> Floats:
    """Return ranks with ties averaged and missing values left out, for the rows that need it."""
    events, count = values.shape
    order = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    place = np.arange(1.0, count + 1.0)
    starts = np.ones(values.shape, dtype=bool)
    starts[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    group = np.cumsum(starts.ravel()) - 1
    size = np.bincount(group)
    mean = np.bincount(group, weights=np.tile(place, events)) / size
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, mean[group].reshape(values.shape), axis=1)
    ranks[np.isnan(values)] = np.nan
    return ranks

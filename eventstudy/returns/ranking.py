"""Ranks within rows: the arithmetic that most of a rank test's time goes into."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.execution import in_pieces
from eventstudy.returns import paths
from eventstudy.returns.day_sums import DaySums
from eventstudy.returns.remade import Remade, as_rows, some_of

__all__ = ["rank_sums", "row_ranks", "uniform_sums"]

MOST_COLUMNS = 1 << 10  # what ten of the 52 bits of a value can count
LOW = MOST_COLUMNS - 1
# What stands for a missing value: larger than all others. Infinity with a column in its bits would be no number.
LARGEST = float(np.finfo(np.float64).max)
MISSING = int(np.float64(LARGEST).view(np.int64)) & ~LOW


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
        plain[:] = ~(np.abs(values) >= LARGEST).any(axis=1)
    ranks = np.empty(values.shape)
    if plain.any():
        ranks[plain], tied = _rank_packed(np.ascontiguousarray(values[plain]))
        plain[np.flatnonzero(plain)[tied]] = False
    if not plain.all():
        ranks[~plain] = _rank_carefully(values[~plain])
    return ranks


def rank_sums(values: Floats | Remade, more: Floats | None = None) -> tuple[Floats, Floats]:
    """Return the sums of `row_ranks` over the rows, column by column, without the ranks themselves.

    Parameters
    ----------
    values : ndarray of shape (E, D) or Remade
        Without a missing value.
    more : ndarray of shape (E, C), optional
        Columns after those.

    Returns
    -------
    together : ndarray of shape (D + C,)
        Of ranks among all columns.
    alone : ndarray of shape (D,)
        Of ranks among the first D of them, which the same sort gives.

    Examples
    --------
    >>> together, alone = rank_sums(np.array([[0.3, -0.1], [0.0, 0.5]]), np.array([[0.2], [0.5]]))
    >>> together.tolist(), alone.tolist()
    ([4.0, 3.5, 4.5], [3.0, 3.0])
    """
    more = np.empty((values.shape[0], 0)) if more is None else more
    events, first = values.shape
    pieces = list(values.pieces()) if isinstance(values, Remade) else [slice(0, events)]
    # One memory for the keys of all pieces: a new one would have to be found for each.
    keys = np.empty((pieces[0].stop if pieces else 0, first + more.shape[1]))
    together, alone = np.zeros(first + more.shape[1]), np.zeros(first)
    for rows in pieces:
        some = some_of(values, rows)
        found = _rank_sums(some, more[rows], keys[: len(more[rows])])
        together += found[0]
        alone += found[1]
    return together, alone


def _rank_sums(values: Floats | Remade, more: Floats, keys: Floats) -> tuple[Floats, Floats]:
    first, count = values.shape[1], keys.shape[1]
    if count > MOST_COLUMNS:
        return _careful_sums(as_rows(values), more)
    bits = _sorted_keys(values, more, keys)
    if paths.compiled():
        from eventstudy.returns.compiled_ranks import sum_ranks

        together, alone, tied = sum_ranks(bits, LOW, first)
    else:
        tied = _ties(bits)
        place = (bits[~tied] if tied.any() else bits) & LOW
        weights = np.tile(np.arange(1.0, count + 1.0), len(place))
        together = np.bincount(place.ravel(), weights=weights, minlength=count).astype(np.float64)
        alone = together
        if first < count:
            weights = np.cumsum(place < first, axis=1, dtype=np.int16).ravel()
            alone = np.bincount(place.ravel(), weights=weights, minlength=count)[:first].astype(np.float64)
    if tied.any():
        others = _careful_sums(as_rows(some_of(values, tied)), more[tied])
        together, alone = together + others[0], alone + others[1]
    return together, alone


def _careful_sums(values: Floats, more: Floats) -> tuple[Floats, Floats]:
    ranks = (_rank_carefully(each) for each in (np.concatenate([values, more], axis=1), values))
    together, alone = (each.sum(axis=0) for each in ranks)
    return together, alone


def uniform_sums(
    values: Floats | Remade, more: Floats | None = None, *, complete: bool = False
) -> tuple[DaySums, DaySums]:
    """Return the sums of uniform ranks over rows that may lack values.

    Parameters
    ----------
    values : ndarray of shape (E, D) or Remade
        NaN where missing.
    more : ndarray of shape (E, C), optional
        Columns after those, NaN where missing.
    complete : bool
        Whether no value is known to be missing.

    Returns
    -------
    together : DaySums
        Of ``rank / (n + 1) - 1/2`` among all D + C columns, n the values there.
    alone : DaySums
        Of ``rank / (m + 2) - 1/2`` among the first D, m the values there: the uniform rank that each has when one more
        value, larger than all, joins the row.

    Examples
    --------
    >>> together, alone = uniform_sums(np.array([[0.3, -0.1], [0.0, np.nan]]), np.array([[0.2], [0.5]]))
    >>> together.total.round(3).tolist(), together.count.tolist(), together.lengths.tolist()
    ([0.083, -0.25, 0.167], [2, 1, 2], [0, 0, 1, 1])
    >>> alone.total.round(3).tolist(), alone.count.tolist()
    ([-0.167, -0.25], [2, 1])
    """
    more = np.empty((values.shape[0], 0)) if more is None else more
    whole = ~np.isnan(more.sum(axis=1)) if complete else np.zeros(len(more), dtype=bool)
    together, alone = DaySums(), DaySums()
    if whole.any() or not len(whole):
        sums = rank_sums(some_of(values, whole), more[whole]) if not whole.all() else rank_sums(values, more)
        together, alone = (_of_whole(each, int(whole.sum()), spare) for spare, each in enumerate(sums, start=1))
    if not whole.all():
        for piece in in_pieces(np.flatnonzero(~whole)):
            found = _gap_sums(as_rows(some_of(values, piece)), more[piece])
            together, alone = together + found[0], alone + found[1]
    return together, alone


def _of_whole(sums: Floats, events: int, spare: int) -> DaySums:
    """Return sums of uniform ranks from those of ranks, of so many rows without a gap."""
    days = len(sums)
    lengths = np.zeros(days + 1, dtype=np.int64)
    lengths[days] = events
    return DaySums(sums / (days + spare) - 0.5 * events, np.full(days, events), lengths)


def _gap_sums(values: Floats, more: Floats) -> tuple[DaySums, DaySums]:
    (events, first), columns = values.shape, values.shape[1] + more.shape[1]
    if columns > MOST_COLUMNS:
        return _careful_gap_sums(values, more)
    bits = _sorted_keys(values, more, np.empty((events, columns)))
    if paths.compiled():
        from eventstudy.returns.compiled_ranks import sum_gap_ranks

        *sums, tied = sum_gap_ranks(bits, LOW, first, MISSING)
    else:
        tied = _ties(bits)
        place, there = (bits & LOW)[~tied], (bits < MISSING)[~tied]
        sums = [*_sum_sorted(place, there, 1.0), *_sum_sorted(place, there & (place < first), 2.0)]
    together, alone = (
        DaySums((total - 0.5 * count)[:days], count[:days], lengths[: days + 1])
        for days, total, count, lengths in ((columns, *sums[:3]), (first, *sums[3:]))
    )
    if tied.any():
        others = _careful_gap_sums(values[tied], more[tied])
        together, alone = together + others[0], alone + others[1]
    return together, alone


def _sum_sorted(place: Ints, there: Bools, spare: float) -> tuple[Floats, Ints, Ints]:
    """Return sums by column of ``rank / (n + spare)``, how many these are, and how many rows have 0, 1, ... of them.

    Parameters
    ----------
    place : ndarray of shape (E, D)
        The columns of the values of each row, in the order of these.
    there : ndarray of shape (E, D)
        Which of them are ranked.
    """
    columns, used = place.shape[1], there.sum(axis=1, keepdims=True)
    scores = np.cumsum(there, axis=1, dtype=np.int16) * (1.0 / (used + spare))
    scores *= there
    total = np.bincount(place.ravel(), weights=scores.ravel(), minlength=columns).astype(np.float64)
    return total, np.bincount(place[there], minlength=columns), np.bincount(used.ravel(), minlength=columns + 1)


def _careful_gap_sums(values: Floats, more: Floats) -> tuple[DaySums, DaySums]:
    together, alone = (_rank_carefully(each) for each in (np.concatenate([values, more], axis=1), values))
    used, among = ((~np.isnan(ranks)).sum(axis=1, keepdims=True) for ranks in (together, alone))
    return DaySums.of(together / (used + 1.0) - 0.5), DaySums.of(alone / (among + 2.0) - 0.5)


def _rank_packed(values: Floats) -> tuple[Floats, Bools]:
    """Return ranks, NaN where missing, and which rows have ties, whose ranks are not to be used."""
    events, count = values.shape
    bits = _sorted_keys(values, values[:, :0], np.empty(values.shape))
    tied = _ties(bits)
    bits &= LOW
    bits += (np.arange(events) * count)[:, None]
    ranks = np.empty(events * count)
    ranks[bits] = np.arange(1.0, count + 1.0)
    ranks[np.isnan(values).ravel()] = np.nan
    return ranks.reshape(events, count), tied


def _sorted_keys(values: Floats | Remade, more: Floats, keys: Floats) -> Ints:
    """Return the bits of each row's values in order, the lowest replaced by the column that a value comes from.

    They are written into the memory of the keys. Missing values come last.
    """
    bits = keys.view(np.int64)
    if paths.compiled():
        from eventstudy.returns.compiled_ranks import pack

        pack(bits, as_rows(values), more, LOW, MISSING)
    else:
        # Adding zero turns -0.0 into 0.0, which is the same number.
        np.add(as_rows(values), 0.0, out=keys[:, : values.shape[1]])
        np.add(more, 0.0, out=keys[:, values.shape[1] :])
        missing = np.isnan(keys)
        if missing.any():
            keys[missing] = LARGEST
        bits &= ~LOW
        bits |= np.arange(keys.shape[1])
    keys.sort(axis=1)
    return bits


def _ties(bits: Ints) -> Bools:
    """Return which rows hold values too near each other to tell."""
    # Where two keys agree in all but the column they differ by less than one bit above it.
    near = (bits[:, 1:] ^ bits[:, :-1]).view(np.uint64) <= LOW
    if not near.any():
        return np.zeros(len(bits), dtype=bool)
    return np.asarray((near & (bits[:, 1:] < MISSING)).any(axis=1))


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

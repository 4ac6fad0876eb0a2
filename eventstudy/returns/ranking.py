"""Ranks within rows: the arithmetic that most of a rank test's time goes into."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from eventstudy._typing import Bools, Floats, Ints
from eventstudy.returns import paths
from eventstudy.returns.day_sums import DaySums
from eventstudy.returns.remade import Remade, as_rows, some_of

__all__ = ["RankSums", "row_ranks", "uniform_sums"]

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


class RankSums(NamedTuple):
    """Sums of ranks by column, over rows of C columns: among all of them, and alone, among the first D.

    Parameters
    ----------
    whole : ndarray of shape (C,)
        Of the ranks of rows without a gap.
    whole_alone : ndarray of shape (D,)
        The same among the first columns.
    together : ndarray of shape (C,)
        Of ``rank / (n + 1)`` of the other rows, n the values of the row.
    alone : ndarray of shape (D,)
        Of ``rank / (m + 2)``, m its values in the first columns.
    lacking : ndarray of shape (C,)
        How many rows lack each.
    lengths : ndarray of shape (C + 1,)
        How many rows have 0, 1, 2, ... values.
    lengths_alone : ndarray of shape (D + 1,)
        The same in the first columns.
    """

    whole: Floats
    whole_alone: Floats
    together: Floats
    alone: Floats
    lacking: Ints
    lengths: Ints
    lengths_alone: Ints

    @classmethod
    def none(cls, first: int, columns: int) -> RankSums:
        """Return sums over no row."""
        lacking, lengths, lengths_alone = (np.zeros(count, np.int64) for count in (columns, columns + 1, first + 1))
        whole, whole_alone, together, alone = (np.zeros(count) for count in (columns, first, columns, first))
        return cls(whole, whole_alone, together, alone, lacking, lengths, lengths_alone)

    def uniform(self) -> tuple[DaySums, DaySums]:
        """Return the sums of uniform ranks among all columns, and alone."""
        count, count_alone = self.lengths.sum() - self.lacking, self.lengths.sum() - self.lacking[: len(self.alone)]
        together = self.whole / (len(self.whole) + 1) + self.together - 0.5 * count
        alone = self.whole_alone / (len(self.alone) + 2) + self.alone - 0.5 * count_alone
        return DaySums(together, count, self.lengths), DaySums(alone, count_alone, self.lengths_alone)


def uniform_sums(values: Floats | Remade, more: Floats | None = None) -> tuple[DaySums, DaySums]:
    """Return the sums of uniform ranks over rows that may lack values, without the ranks themselves.

    Parameters
    ----------
    values : ndarray of shape (E, D) or Remade
        NaN where missing.
    more : ndarray of shape (E, C), optional
        Columns after those, NaN where missing.

    Returns
    -------
    together : DaySums
        Of ``rank / (n + 1) - 1/2`` among all D + C columns, n the values there.
    alone : DaySums
        Of ``rank / (m + 2) - 1/2`` among the first D, m the values there: the uniform rank that each has when one more
        value, larger than all, joins the row. The same sort gives them.

    Examples
    --------
    >>> together, alone = uniform_sums(np.array([[0.3, -0.1], [0.0, np.nan]]), np.array([[0.2], [0.5]]))
    >>> together.total.round(3).tolist(), together.count.tolist(), together.lengths.tolist()
    ([0.083, -0.25, 0.167], [2, 1, 2], [0, 0, 1, 1])
    >>> alone.total.round(3).tolist(), alone.count.tolist()
    ([-0.167, -0.25], [2, 1])
    """
    (events, first), more = values.shape, np.empty((values.shape[0], 0)) if more is None else more
    columns = first + more.shape[1]
    if columns > MOST_COLUMNS:
        return _careful_gap_sums(as_rows(values), more)
    pieces = list(values.pieces()) if isinstance(values, Remade) else [slice(0, events)]
    # One memory for the keys of all pieces: a new one would have to be found for each.
    keys, sums = np.empty((pieces[0].stop if pieces else 0, columns)), RankSums.none(first, columns)
    together, alone = DaySums(), DaySums()
    for rows in pieces:
        some = as_rows(some_of(values, rows))
        tied = _add_ranks(sums, _sorted_keys(some, more[rows], keys[: len(some)]))
        if tied.any():
            careful = _careful_gap_sums(some[tied], more[rows][tied])
            together, alone = together + careful[0], alone + careful[1]
    found = sums.uniform()
    return together + found[0], alone + found[1]


def _add_ranks(sums: RankSums, bits: Ints) -> Bools:
    """Add the ranks of sorted keys to sums; return which rows hold values too near each other to tell, left out."""
    if paths.compiled():
        from eventstudy.returns.compiled_ranks import sum_ranks

        return sum_ranks(bits, LOW, MISSING, sums)
    tied, whole = _ties(bits), bits[:, -1] < MISSING
    _add_whole(sums, (bits if whole.all() and not tied.any() else bits[whole & ~tied]) & LOW)
    if not whole.all():
        _add_gapped(sums, bits[~whole & ~tied])
    return tied


def _add_whole(sums: RankSums, place: Ints) -> None:
    """Add the ranks of rows without a gap, the columns of whose values are in the order of these."""
    columns, first = place.shape[1], len(sums.alone)
    rank = np.tile(np.arange(1.0, columns + 1.0), len(place))
    sums.whole[:] += np.bincount(place.ravel(), weights=rank, minlength=columns)
    if first < columns:
        rank = np.cumsum(place < first, axis=1, dtype=np.int16).ravel()
    sums.whole_alone[:] += np.bincount(place.ravel(), weights=rank, minlength=columns)[:first]
    sums.lengths[columns] += len(place)
    sums.lengths_alone[first] += len(place)


def _add_gapped(sums: RankSums, bits: Ints) -> None:
    """Add the ranks of rows that lack a value, from their sorted keys."""
    place, there = bits & LOW, bits < MISSING
    sums.lacking[:] += np.bincount(place[~there], minlength=len(sums.lacking))
    _add_scaled(sums.together, sums.lengths, place, there, 1.0)
    _add_scaled(sums.alone, sums.lengths_alone, place, there & (place < len(sums.alone)), 2.0)


def _add_scaled(total: Floats, lengths: Ints, place: Ints, ranked: Bools, spare: float) -> None:
    """Add ``rank / (n + spare)`` by column, n the values ranked of a row; and count rows with 0, 1, ... of them."""
    used = ranked.sum(axis=1)
    scores = np.cumsum(ranked, axis=1, dtype=np.int16) * (1.0 / (used + spare))[:, None]
    scores *= ranked
    total += np.bincount(place.ravel(), weights=scores.ravel(), minlength=place.shape[1])[: len(total)]
    lengths += np.bincount(used, minlength=len(lengths))


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


def _sorted_keys(values: Floats, more: Floats, keys: Floats) -> Ints:
    """Return the bits of each row's values in order, the lowest replaced by the column that a value comes from.

    They are written into the memory of the keys. Missing values come last.
    """
    bits = keys.view(np.int64)
    if paths.compiled():
        from eventstudy.returns.compiled_ranks import pack

        pack(bits, values, more, LOW, MISSING)
    else:
        # Adding zero turns -0.0 into 0.0, which is the same number.
        np.add(values, 0.0, out=keys[:, : values.shape[1]])
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

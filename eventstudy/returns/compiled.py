"""The hot loops, compiled; needs the extra ``fast``. Each gives what its NumPy twin gives, to 1e-12.

NaN is data here, so no loop may assume that there is none; sums may be taken in another order than NumPy's. Loops stand
in the file of their parts, since Numba's cache looks for changes in the file of a loop and not in others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.returns.jit import IN_ORDER, REORDERED, njit, part

if TYPE_CHECKING:
    from eventstudy.returns.remade import Remade

__all__ = [
    "add_standardised",
    "clear_below",
    "count_above",
    "count_and_order",
    "residuals",
    "settle_gaps",
    "sum_lagged",
    "sum_residuals",
    "triangles",
]


# Events whose residuals are in the cache at once.
TURN = 16


# Loops over one stretch of memory are functions of their own: only then are they compiled to vector instructions.


@part(fastmath=IN_ORDER, error_model="numpy")
def fill_line(left: Floats, own: Floats, level: float, column: Floats, middle: float, slope: float) -> None:
    """Write returns less a level and a multiple of a column."""
    for t in range(len(left)):
        left[t] = (own[t] - level) - (column[t] - middle) * slope


@part(fastmath=IN_ORDER, error_model="numpy")
def take_column(left: Floats, column: Floats, middle: float, slope: float) -> None:
    """Take a multiple of a column from what is left."""
    for t in range(len(left)):
        left[t] -= (column[t] - middle) * slope


@part(fastmath=IN_ORDER, error_model="numpy")
def add_scaled(row: Floats, own: Floats, level: float, mean: float, scale: float) -> None:
    """Add to a row returns less a level and a mean, scaled."""
    for t in range(len(row)):
        row[t] += ((own[t] - level) - mean) * scale


@part(fastmath=REORDERED, error_model="numpy")
def product(one: Floats, two: Floats) -> float:
    """Return the sum of products of two columns."""
    found = 0.0
    for t in range(len(one)):
        found += one[t] * two[t]
    return found


@part()
def fill_row(row: Floats, values: Floats) -> None:
    """Write values."""
    for t in range(len(row)):
        row[t] = values[t]


@part(error_model="numpy")
def divide(row: Floats, by: float) -> None:
    """Divide a row by a number."""
    for t in range(len(row)):
        row[t] /= by


@njit(error_model="numpy")
def triangles(series: Floats, first: Ints, sessions: int) -> tuple[Floats, Floats, Floats]:
    """Return R of ``X = Q R`` by modified Gram-Schmidt, the columns' lengths and their means, for each date.

    Parameters
    ----------
    first : ndarray of shape (D,)
        Where in the series each date's sessions begin; where that is below zero, R is NaN.
    """
    dates, count = len(first), len(series)
    triangle, length = np.zeros((dates, count, count)), np.full((dates, count), np.nan)
    mean, basis = np.zeros((dates, count)), np.empty((count, sessions))
    ones = np.ones(sessions)
    for d in range(dates):
        if first[d] < 0:
            triangle[d] = np.nan
            continue
        for k in range(count):
            fill_row(basis[k], series[k, first[d] : first[d] + sessions])
            mean[d, k] = product(basis[k], ones) / sessions
            length[d, k] = np.sqrt(product(basis[k], basis[k]))
            for j in range(k):
                triangle[d, j, k] = product(basis[j], basis[k])
                take_column(basis[k], basis[j], 0.0, triangle[d, j, k])
            triangle[d, k, k] = np.sqrt(product(basis[k], basis[k]))
            divide(basis[k], triangle[d, k, k])
    return triangle, length, mean


@part(fastmath=REORDERED, error_model="numpy")
def settle_there(total: Floats, lacking: Floats, left: Floats) -> tuple[float, float, int, int]:
    """Return sums of what is there and of its squares, how many are above zero, how many all; add to sums by day."""
    added, squares, positive, count = 0.0, 0.0, 0.0, 0.0
    for t in range(len(left)):
        residual = left[t] if left[t] == left[t] else 0.0
        total[t] += residual
        lacking[t] += 0.0 if left[t] == left[t] else 1.0
        added += residual
        squares += residual * residual
        positive += 1.0 if residual > 0.0 else 0.0
        count += 1.0 if left[t] == left[t] else 0.0
    return added, squares, int(positive), int(count)


@njit(error_model="numpy")
def settle_gaps(made: Remade) -> Floats:
    """Write what `Remade` holds of the residuals of events that may lack some.

    Return their sums of squares, NaN where there is no estimate.
    """
    everything, rows, ssr = np.arange(len(made.at)), np.empty((TURN, made.sessions)), np.full(len(made.at), np.nan)
    for begin in range(0, len(everything), TURN):
        which = everything[begin : begin + TURN]
        fill_rows(rows, made, which)
        for j in range(len(which)):
            i = which[j]
            if np.isnan(made.level[i]):
                continue
            added, ssr[i], made.positive[i], count = settle_there(made.total, made.lacking, rows[j])
            made.mean_residual[i] = added / max(count, 1)
            spread = ssr[i] - added * made.mean_residual[i]
            made.scale[i] = np.sqrt(count / spread) if spread > 0 else 0.0
            made.n_obs[i] = count
    return ssr


@part(error_model="numpy")
def fill_rows(rows: Floats, made: Remade, which: Ints) -> None:
    """Write the residuals of some events."""
    # Named one by one outside the loop, since each mention of a field counts a reference.
    values, at, level, slopes = made.values, made.at, made.level, made.slopes
    columns, first, mean, date = made.columns.ravel(), made.first, made.mean, made.date
    length, sessions = made.columns.shape[1], made.sessions
    for j in range(len(which)):
        i, day = which[j], date[which[j]]
        start = first[day]
        fill_line(
            rows[j],
            values[at[i] : at[i] + sessions],
            level[i],
            columns[start : start + sessions],
            mean[day, 0],
            slopes[i, 0],
        )
    for k in range(1, len(made.columns)):
        for j in range(len(which)):
            i, day = which[j], date[which[j]]
            start = k * length + first[day]
            take_column(rows[j], columns[start : start + sessions], mean[day, k], slopes[i, k])


@njit(error_model="numpy")
def residuals(made: Remade) -> Floats:
    """Make the residuals of all events again."""
    rows = np.empty((len(made.at), made.sessions))
    fill_rows(rows, made, np.arange(len(rows)))
    return rows


@part()
def add_residuals(row: Floats, left: Floats) -> None:
    """Add what is there to a row."""
    for t in range(len(left)):
        row[t] += left[t] if left[t] == left[t] else 0.0


@part()
def count_missing(row: Floats, left: Floats) -> None:
    """Add one where a value is missing."""
    for t in range(len(left)):
        row[t] += 0.0 if left[t] == left[t] else 1.0


@njit(error_model="numpy")
def sum_residuals(made: Remade) -> tuple[Floats, Floats]:
    """Sum the residuals of all events by day; return too how many of the events with an estimate lack each."""
    everything, rows = np.flatnonzero(made.n_obs > 0), np.empty((TURN, made.sessions))
    sums, lacking = np.zeros(made.sessions), np.zeros(made.sessions)
    for begin in range(0, len(everything), TURN):
        which = everything[begin : begin + TURN]
        fill_rows(rows, made, which)
        for j in range(len(which)):
            add_residuals(sums, rows[j])
            if made.n_obs[which[j]] < made.sessions:
                count_missing(lacking, rows[j])
    return sums, lacking


@part(fastmath=REORDERED, error_model="numpy")
def add_above(scores: Floats, values: Floats, limit: float, weight: float) -> float:
    """Add a weight to each column whose value is above a limit, half where it equals it; return how many there are."""
    above = 0.0
    for j in range(len(values)):
        higher = (0.5 if values[j] > limit else 0.0) + (0.5 if values[j] >= limit else 0.0)
        scores[j] += higher * weight
        above += higher
    return above


@njit(error_model="numpy")
def count_above(made: Remade, limits: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Count the residuals above each limit of their event, by event, and sum the weights of these, by day.

    One that equals the limit counts half; one that is missing is not above.
    """
    events, windows = limits.shape
    by_event, by_day = np.empty((events, windows)), np.zeros((windows, made.sessions))
    everything, rows = np.arange(events), np.empty((TURN, made.sessions))
    for begin in range(0, events, TURN):
        which = everything[begin : begin + TURN]
        fill_rows(rows, made, which)
        for j in range(len(which)):
            for window in range(windows):
                limit = limits[which[j], window]
                by_event[which[j], window] = add_above(by_day[window], rows[j], limit, weight[which[j]])
    return by_event, by_day


@part(fastmath=IN_ORDER, error_model="numpy")
def add_there(
    row: Floats, lacking: Floats, own: Floats, level: float, mean: float, scale: float,
    column: Floats, middle: float, slope: float,
) -> None:  # fmt: skip
    """Add the returns that are there like `add_scaled`; for the others a multiple of a column, and one to a count."""
    for t in range(len(row)):
        there = own[t] == own[t]
        row[t] += ((own[t] - level) - mean) * scale if there else (column[t] - middle) * slope
        lacking[t] += 0.0 if there else 1.0


@part(fastmath=IN_ORDER, error_model="numpy")
def give_back(row: Floats, own: Floats, column: Floats, middle: float, slope: float) -> None:
    """Add a multiple of a column where a return is missing."""
    for t in range(len(row)):
        row[t] += 0.0 if own[t] == own[t] else (column[t] - middle) * slope


@njit(error_model="numpy")
def add_standardised(total: Floats, lacking: Floats, place: Ints, made: Remade, order: Ints) -> None:
    """Add the residuals of some events, less their means and over their standard deviations, to sums.

    The events of a date go to one place. They have its regressors in common, which are taken out once, by the sum of
    slopes, and given back where a return is missing; it is counted how many are.

    Parameters
    ----------
    total, lacking : ndarray of shape (n,)
        Added to; the second may be empty where all events are complete.
    place : ndarray of shape (E,)
        Where in them the M sums of each event begin.
    order : ndarray
        The events that are added.
    """
    values, begin, level, slopes, n_obs = made.values, made.at, made.level, made.slopes, made.n_obs
    columns, first, middle, date = made.columns.ravel(), made.first, made.mean, made.date
    mean_residual, scale = made.mean_residual, made.scale
    length, sessions, dates = made.columns.shape[1], made.sessions, len(made.first)
    where, slope = np.full(dates, -1), np.zeros((dates, len(made.columns)))
    for j in range(len(order)):
        i, day = order[j], date[order[j]]
        if n_obs[i] == 0:
            continue
        where[day] = place[i]
        own, sums = values[begin[i] : begin[i] + sessions], total[place[i] : place[i] + sessions]
        for k in range(len(slope[day])):
            slope[day, k] += slopes[i, k] * scale[i]
        if n_obs[i] == sessions:
            add_scaled(sums, own, level[i], mean_residual[i], scale[i])
            continue
        count, start = lacking[place[i] : place[i] + sessions], first[day]
        taken = slopes[i, 0] * scale[i]
        column = columns[start : start + sessions]
        add_there(sums, count, own, level[i], mean_residual[i], scale[i], column, middle[day, 0], taken)
        for k in range(1, len(slope[day])):
            start = k * length + first[day]
            give_back(sums, own, columns[start : start + sessions], middle[day, k], slopes[i, k] * scale[i])
    for day in np.flatnonzero(where >= 0):
        sums = total[where[day] : where[day] + sessions]
        for k in range(len(slope[day])):
            start = k * length + first[day]
            take_column(sums, columns[start : start + sessions], middle[day, k], slope[day, k])


@njit()
def count_and_order(row: Ints, count: Ints, together: int) -> tuple[Ints, Ints]:
    """Count the events of each row of a table; return them by stretches of so many rows, and where each stretch ends.

    Parameters
    ----------
    row : ndarray of shape (E,)
        Row of the table that each event goes to.
    count : ndarray of shape (T,)
        Events of each row, which are added.
    """
    # Plain loops, since what NumPy would do in one call takes Numba seconds to compile.
    stretches, own, order = (len(count) - 1) // together + 1, np.zeros_like(count), np.empty_like(row)
    ends, place = np.zeros_like(count[:stretches]), np.zeros_like(count[:stretches])
    stretch_of = np.empty_like(count)
    for i in range(len(row)):
        own[row[i]] += 1
    for each in range(len(count)):
        count[each] += own[each]
        stretch_of[each] = each // together
        ends[stretch_of[each]] += own[each]
    for stretch in range(1, stretches):
        place[stretch] = ends[stretch - 1]
        ends[stretch] += ends[stretch - 1]
    for i in range(len(row)):
        stretch = stretch_of[row[i]]
        order[place[stretch]] = i
        place[stretch] += 1
    return order, ends


@njit(error_model="numpy")
def sum_lagged(table: Floats, count: Ints, early: int, lags: int) -> Floats:
    """Sum, by lag, the products of the first so many rows with those after them, on the sessions that they share.

    Rows of no event are zero.
    """
    (days, sessions), sums = table.shape, np.zeros(lags)
    for day in range(early):
        if count[day] == 0:
            continue
        for lag in range(min(lags, sessions, days - day)):
            if count[day + lag] > 0:
                sums[lag] += product(table[day, lag:], table[day + lag, : sessions - lag])
    return sums


@njit()
def clear_below(values: Floats, limits: Floats) -> None:
    """Write zero where a value is no larger than its row's limit."""
    for i in range(len(values)):
        own, limit = values[i], limits[i]
        for t in range(len(own)):
            if abs(own[t]) <= limit:
                own[t] = 0.0

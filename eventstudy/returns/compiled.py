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
    from eventstudy.returns.gaps import Crossed
    from eventstudy.returns.remade import Remade

__all__ = [
    "add_standardised",
    "clear_below",
    "count_above",
    "cross_gaps",
    "fit",
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


@part(fastmath=REORDERED, error_model="numpy")
def crossed(left: Floats, column: Floats, middle: float) -> tuple[float, float]:
    """Return the sum of what is left, and that of its products with a column less its mean."""
    added, product = 0.0, 0.0
    for t in range(len(left)):
        added += left[t]
        product += (column[t] - middle) * left[t]
    return added, product


@part(fastmath=REORDERED, error_model="numpy")
def fill_crossed(left: Floats, own: Floats, shift: float, column: Floats, middle: float) -> tuple[float, float]:
    """Write returns less a shift, and return the same sums of them."""
    added, product = 0.0, 0.0
    for t in range(len(left)):
        less = own[t] - shift
        left[t] = less
        added += less
        product += (column[t] - middle) * less
    return added, product


@part(fastmath=REORDERED, error_model="numpy")
def settle(
    total: Floats, left: Floats, level: float, column: Floats, middle: float, slope: float
) -> tuple[float, float, int]:
    """Take a small level and a multiple of a column from what is left; return mean, sum of squares, number above 0.

    What is left in the end is added to a total.
    """
    added, squares, positive = 0.0, 0.0, 0.0
    for t in range(len(left)):
        residual = left[t] - level - (column[t] - middle) * slope
        total[t] += residual
        added += residual
        squares += residual * residual
        positive += 1.0 if residual > 0.0 else 0.0
    return added / len(left), squares, int(positive)


@part(fastmath=REORDERED, error_model="numpy")
def product(one: Floats, two: Floats) -> float:
    """Return the sum of products of two columns."""
    found = 0.0
    for t in range(len(one)):
        found += one[t] * two[t]
    return found


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


@part(error_model="numpy")
def solve(cross: Floats, inverse: Floats, begin: int, scores: Floats, coefficients: Floats) -> None:
    """Write ``Q'y = R^-T X'y`` for the columns that vary, the first of which is given, and ``R^-1 Q'y`` for all."""
    for k in range(begin, len(inverse)):
        for j in range(begin, k + 1):
            scores[k] += inverse[j, k] * cross[j - begin]
    for j in range(len(inverse)):
        for k in range(j, len(inverse)):
            coefficients[j] += inverse[j, k] * scores[k]


@njit(error_model="numpy")
def fit(
    made: Remade,
    inverse: Floats,
    constant: Floats | None,
    scores: Floats,
    coefficients: Floats,
    ssr: Floats,
    excess: bool,
) -> None:
    """Fit each event: write what `Remade` holds of it, ``Q'y``, coefficients and the sum of squared residuals.

    ``Q'y = R^-T X'y``, X less its means; see `eventstudy.returns.shared`. All that is added to is zero before. An event
    that lacks a return has NaN, and no part in the total.
    """
    values, at, level, slopes = made.values, made.at, made.level, made.slopes
    columns, first, mean, date = made.columns.ravel(), made.first, made.mean, made.date
    mean_residual, scale, total = made.mean_residual, made.scale, made.total
    positive, n_obs = made.positive, made.n_obs
    length, sessions, count = made.columns.shape[1], made.sessions, len(made.columns) - int(excess)
    left, cross, begin = np.empty(sessions), np.empty(count), 0 if constant is None else 1
    for i in range(len(at)):
        day, start = date[i], first[date[i]]
        own, column = values[at[i] : at[i] + sessions], columns[start : start + sessions]
        # Less the first of them, so that sums of large returns keep their digits; the columns have mean zero then.
        shift = 0.0 if constant is None else own[0]
        rest, cross[0] = fill_crossed(left, own, shift, column, mean[day, 0])
        if excess:
            take_column(left, columns[count * length + start : count * length + start + sessions], 0.0, 1.0)
            rest, cross[0] = crossed(left, column, mean[day, 0])
        for k in range(1, count):
            _, cross[k] = crossed(left, columns[k * length + start : k * length + start + sessions], mean[day, k])
        if np.isnan(rest):  # The event lacks a return.
            level[i] = mean_residual[i] = ssr[i] = np.nan
            continue
        n_obs[i] = sessions
        if constant is None:
            rest = 0.0
        else:
            rest /= sessions
            level[i] = shift + rest
            scores[i, 0] = level[i] * sessions * constant[start] * inverse[day, 0, 0]
        solve(cross, inverse[day], begin, scores[i], coefficients[i])
        for k in range(begin, len(inverse[day])):
            slopes[i, k - begin] = coefficients[i, k]
        for k in range(1, count):
            take_column(left, columns[k * length + start : k * length + start + sessions], mean[day, k], slopes[i, k])
        found = settle(total, left, rest, column, mean[day, 0], slopes[i, 0])
        mean_residual[i], ssr[i], positive[i] = found
        spread = ssr[i] - sessions * mean_residual[i] * mean_residual[i]
        scale[i] = np.sqrt(sessions / spread) if spread > 0 else 0.0


# Apart, since in one loop the two would be a branch and no vector instruction.


@part(fastmath=REORDERED, error_model="numpy")
def count_there(left: Floats) -> int:
    """Return how many values are there."""
    count = 0.0
    for t in range(len(left)):
        count += 1.0 if left[t] == left[t] else 0.0
    return int(count)


@part(fastmath=REORDERED, error_model="numpy")
def sum_there(left: Floats) -> float:
    """Return the sum of the values that are there."""
    added = 0.0
    for t in range(len(left)):
        added += left[t] if left[t] == left[t] else 0.0
    return added


@part(fastmath=REORDERED, error_model="numpy")
def centre_there(left: Floats, own: Floats, level: float) -> float:
    """Take a level from the values that are there, write zero where one is missing; return the sum of squares."""
    squares = 0.0
    for t in range(len(left)):
        left[t] = own[t] - level if own[t] == own[t] else 0.0
        squares += left[t] * left[t]
    return squares


@part(error_model="numpy")
def add_products(lost: Floats, basis: Floats) -> None:
    """Add the products of a row with itself."""
    for j in range(len(basis)):
        for k in range(len(basis)):
            lost[j, k] += basis[j] * basis[k]


@njit(error_model="numpy")
def cross_gaps(made: Remade, inverse: Floats, constant: Floats | None, found: Crossed, excess: bool) -> None:
    """Write what the returns of events that lack some say of their coefficients; sums are zero before."""
    values, at, columns, first, middle, date = made.values, made.at, made.columns, made.first, made.mean, made.date
    n_obs, mean, around, scores, lost = found.n_obs, found.mean, found.around, found.scores, found.lost
    sessions, count, begin = made.sessions, inverse.shape[1], 0 if constant is None else 1
    own, left, basis = np.empty(sessions), np.empty(sessions), np.empty(count)
    for i in range(len(at)):
        day, stretch = date[i], slice(first[date[i]], first[date[i]] + sessions)
        fill_row(own, values[at[i] : at[i] + sessions])
        if excess:
            take_column(own, columns[-1, stretch], 0.0, 1.0)
        n_obs[i] = count_there(own)
        mean[i] = sum_there(own) / max(n_obs[i], 1)
        around[i] = centre_there(left, own, mean[i])
        if constant is None:
            centre_there(left, own, 0.0)
        else:
            basis[0] = constant[0] * inverse[day, 0, 0]
            scores[i, 0] = sum_there(left) * basis[0]
        for k in range(begin, count):
            _, cross = crossed(left, columns[k - begin, stretch], middle[day, k - begin])
            for j in range(k, count):
                scores[i, j] += cross * inverse[day, k, j]
        for t in range(sessions):
            if own[t] != own[t]:
                basis[begin:] = 0.0
                for k in range(begin, count):
                    value = columns[k - begin, stretch.start + t] - middle[day, k - begin]
                    for j in range(k, count):
                        basis[j] += value * inverse[day, k, j]
                add_products(lost[i], basis)


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


@part(fastmath=IN_ORDER, error_model="numpy")
def add_there(row: Floats, left: Floats, mean: float, scale: float) -> None:
    """Add what is there to a row, less a mean and scaled."""
    for t in range(len(left)):
        row[t] += (left[t] - mean) * scale if left[t] == left[t] else 0.0


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
            add_there(sums, rows[j], 0.0, 1.0)
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


@part(error_model="numpy")
def add_with_gaps(table: Floats, lacking: Floats, at: Ints, made: Remade, order: Ints) -> None:
    """Add the residuals of events that lack some, and to another table how many of them are missing."""
    rows, mean_residual, scale = np.empty((TURN, made.sessions)), made.mean_residual, made.scale
    for begin in range(0, len(order), TURN):
        which = order[begin : begin + TURN]
        fill_rows(rows, made, which)
        for j in range(len(which)):
            i = which[j]
            add_there(table[at[i]], rows[j], mean_residual[i], scale[i])
            count_missing(lacking[at[i]], rows[j])


@njit(error_model="numpy")
def add_standardised(table: Floats, lacking: Floats, at: Ints, made: Remade, order: Ints) -> None:
    """Add the residuals of some events, less their means and over their standard deviations, to rows of a table.

    Complete events of a date go to one row. They have its regressors in common, which are taken out once, by the sum of
    slopes. Of the others, it is counted in rows of a second table how many lack each residual.
    """
    values, begin, level, slopes, n_obs = made.values, made.at, made.level, made.slopes, made.n_obs
    columns, first, mean, date = made.columns.ravel(), made.first, made.mean, made.date
    mean_residual, scale = made.mean_residual, made.scale
    length, sessions, dates = made.columns.shape[1], made.sessions, len(made.first)
    row, slope = np.full(dates, -1), np.zeros((dates, len(made.columns)))
    gapped, gaps = np.empty(len(order), dtype=np.int64), 0
    for j in range(len(order)):
        i, day = order[j], date[order[j]]
        if n_obs[i] < sessions:
            gapped[gaps] = i
            gaps += n_obs[i] > 0
            continue
        row[day] = at[i]
        add_scaled(table[at[i]], values[begin[i] : begin[i] + sessions], level[i], mean_residual[i], scale[i])
        for k in range(len(slope[day])):
            slope[day, k] += slopes[i, k] * scale[i]
    for day in np.flatnonzero(row >= 0):
        for k in range(len(slope[day])):
            start = k * length + first[day]
            take_column(table[row[day]], columns[start : start + sessions], mean[day, k], slope[day, k])
    add_with_gaps(table, lacking, at, made, gapped[:gaps])


@njit(error_model="numpy")
def sum_lagged(table: Floats, count: Ints, lags: int) -> Floats:
    """Sum the products of rows so many apart, on the sessions that they share; rows of no event are zero."""
    (days, sessions), sums = table.shape, np.zeros(lags)
    for day in range(days):
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

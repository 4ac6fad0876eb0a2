"""The fit of events by the designs of their dates, as one compiled loop; needs the extra ``fast``.

It gives what `eventstudy.returns.by_date` gives with NumPy, to 1e-12. What other loops have
too stands here again, since Numba's cache looks for changes in the file of a loop and not in others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.returns.jit import IN_ORDER, REORDERED, njit, part

if TYPE_CHECKING:
    from eventstudy.returns.remade import Remade

__all__ = ["Found", "fit"]

# Values that are looked at together for one that is missing.
STRIDE = 32


class Found(NamedTuple):
    """What the loop writes of E events beside what their residuals are made from.

    Parameters
    ----------
    coefficients : ndarray of shape (E, K)
        Of the design.
    sigma, r_squared : ndarray of shape (E,)
        NaN where there is no estimate.
    turn : ndarray of shape (E, K, K)
        What missing returns make of the spread of a forecast, as in `eventstudy.returns.gaps`; unwritten where none is.
    """

    coefficients: Floats
    sigma: Floats
    r_squared: Floats
    turn: Floats


# Loops over one stretch of memory are functions of their own: only then are they compiled to vector instructions.


@part(fastmath=IN_ORDER, error_model="numpy")
def take_column(left: Floats, column: Floats, middle: float, slope: float) -> None:
    """Take a multiple of a column from what is left."""
    for t in range(len(left)):
        left[t] -= (column[t] - middle) * slope


@part(fastmath=IN_ORDER, error_model="numpy")
def take_line(left: Floats, level: float, column: Floats, middle: float, slope: float) -> None:
    """Take a level and a multiple of a column from what is left."""
    for t in range(len(left)):
        left[t] = (left[t] - level) - (column[t] - middle) * slope


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
    """Take a small level and a multiple of a column from what is left; return its sum, of squares too, number above 0.

    What is left in the end is added to a total.
    """
    added, squares, positive = 0.0, 0.0, 0.0
    for t in range(len(left)):
        residual = left[t] - level - (column[t] - middle) * slope
        total[t] += residual
        added += residual
        squares += residual * residual
        positive += 1.0 if residual > 0.0 else 0.0
    return added, squares, int(positive)


@part(fastmath=REORDERED, error_model="numpy")
def squares_about(left: Floats, middle: float) -> float:
    """Return the sum of squares about a number."""
    squares = 0.0
    for t in range(len(left)):
        squares += (left[t] - middle) * (left[t] - middle)
    return squares


@part(fastmath=REORDERED, error_model="numpy")
def product(one: Floats, two: Floats) -> float:
    """Return the sum of products of two columns."""
    found = 0.0
    for t in range(len(one)):
        found += one[t] * two[t]
    return found


@part(fastmath=REORDERED)
def sum_of(values: Floats) -> float:
    """Return the sum."""
    added = 0.0
    for t in range(len(values)):
        added += values[t]
    return added


@part()
def find_missing(missing: Ints, own: Floats) -> int:
    """Write where values are missing, and return how many are."""
    count = 0
    for begin in range(0, len(own), STRIDE):
        # Most stretches lack none, which their sum tells faster than a look at each.
        stretch = own[begin : begin + STRIDE]
        if not np.isnan(sum_of(stretch)):
            continue
        for t in range(len(stretch)):
            missing[count] = begin + t
            count += stretch[t] != stretch[t]
    return count


@part()
def first_there(own: Floats) -> float:
    """Return the first value that is not missing."""
    for t in range(len(own)):
        if own[t] == own[t]:
            return float(own[t])
    return np.nan


@part(error_model="numpy")
def project(scores: Floats, cross: Floats, weights: Floats, begin: int) -> None:
    """Write ``R^-T X'y`` for the columns that vary, 0 for a constant."""
    for k in range(len(scores)):
        scores[k] = 0.0
        for j in range(begin, k + 1):
            scores[k] += weights[j, k] * cross[j - begin]


@part(error_model="numpy")
def times(found: Floats, triangle: Floats, vector: Floats) -> None:
    """Write the product of an upper triangle and a vector."""
    for j in range(len(vector)):
        found[j] = 0.0
        for k in range(j, len(vector)):
            found[j] += triangle[j, k] * vector[k]


@part(error_model="numpy")
def find_turn(turn: Floats, lower: Floats, kept: float) -> bool:
    """Write the upper triangle T, ``T T' = A^-1``; return False where a pivot of A's factor is too small.

    ``A = L L'`` (Cholesky), ``T = L^-T``; L takes the place of A in the lower triangle.
    """
    count = len(lower)
    for k in range(count):
        for j in range(k, count):
            for m in range(k):
                lower[j, k] -= lower[j, m] * lower[k, m]
        if not lower[k, k] > kept:
            return False
        root = np.sqrt(lower[k, k])
        for j in range(k, count):
            lower[j, k] /= root
    for k in range(count):
        turn[k, k] = 1.0 / lower[k, k]
        for j in range(k - 1, -1, -1):
            turn[k, j] = turn[j, k] = 0.0
            for m in range(j, k):
                turn[j, k] -= turn[j, m] * lower[k, m]
            turn[j, k] *= turn[k, k]
    return True


@part()
def clear(left: Floats, missing: Ints, gaps: int) -> None:
    """Write zero where a return is missing."""
    for gap in range(gaps):
        left[missing[gap]] = 0.0


@part(error_model="numpy")
def read_there(
    left: Floats, missing: Ints, own: Floats, shift: float, column: Floats, middle: float
) -> tuple[int, float, float, float]:
    """Write zero where returns are missing, the others less one that is there if that which was taken is missing.

    Return how many are missing, what was taken, and the sums that `crossed` returns.
    """
    gaps = find_missing(missing, own)
    if np.isnan(shift):
        shift = first_there(own)
        fill_crossed(left, own, shift, column, middle)
    clear(left, missing, gaps)
    rest, cross = crossed(left, column, middle)
    return gaps, shift, rest, cross


@part(error_model="numpy")
def cross_others(
    cross: Floats, left: Floats, columns: Floats, length: int, start: int, middle: Floats, day: int
) -> None:
    """Write the sums of products with the columns but for the first."""
    for k in range(1, len(cross)):
        begin = k * length + start
        _, cross[k] = crossed(left, columns[begin : begin + len(left)], middle[day, k])


@part(error_model="numpy")
def take_others(
    left: Floats, columns: Floats, length: int, start: int, middle: Floats, day: int, slopes: Floats, i: int, count: int
) -> None:
    """Take multiples of the columns but for the first."""
    for k in range(1, count):
        begin = k * length + start
        take_column(left, columns[begin : begin + len(left)], middle[day, k], slopes[i, k])


@part(error_model="numpy")
def lose(
    lower: Floats, cross: Floats, row: Floats, columns: Floats, length: int, place: int,
    middle: Floats, day: int, weights: Floats, constant: float, mean: float,
) -> None:  # fmt: skip
    """Take from ``I - G`` the products of the basis on a session that an event lacks.

    Sums of products with the columns become those of returns less their mean.
    """
    begin = int(constant != 0.0)
    row[:] = 0.0
    row[0] = constant * weights[0, 0]
    for k in range(begin, len(row)):
        value = columns[(k - begin) * length + place] - middle[day, k - begin]
        # Over all sessions columns have mean zero where there is a constant, and over those that are there another.
        cross[k - begin] += value * mean * begin
        for j in range(k, len(row)):
            row[j] += value * weights[k, j]
    for j in range(len(row)):
        for k in range(len(row)):
            lower[j, k] -= row[j] * row[k]


@part()
def identity(matrix: Floats) -> None:
    """Write one on the diagonal and zero beside it."""
    for j in range(len(matrix)):
        for k in range(len(matrix)):
            matrix[j, k] = 1.0 if j == k else 0.0


@part(error_model="numpy")
def turn_scores(turn: Floats, lower: Floats, scores: Floats, half: Floats, kept: float) -> float:
    """Write ``(I - G)^-1 Q'y`` in the place of ``Q'y``, and T; return the sum of squares of ``T' Q'y``, or NaN."""
    found = find_turn(turn, lower, kept)
    # For the next event.
    identity(lower)
    if not found:
        return np.nan
    for k in range(len(scores)):
        half[k] = 0.0
        for j in range(k + 1):
            half[k] += turn[j, k] * scores[j]
    times(scores, turn, half)
    return product(half, half)


@part(error_model="numpy")
def take_there(
    left: Floats, lacking: Floats, missing: Ints, gaps: int, level: float, column: Floats, middle: float, slope: float
) -> None:
    """Take a level and a multiple of a column from what is left of the returns there are; count the others."""
    take_line(left, level, column, middle, slope)
    for gap in range(gaps):
        left[missing[gap]] = 0.0
        lacking[missing[gap]] += 1.0


@part(error_model="numpy")
def precision(there: int, added: float, ssr: float) -> float:
    """Return one over the standard deviation of residuals; 0 where they don't vary."""
    spread = ssr - added * (added / there)
    return np.sqrt(there / spread) if spread > 0 else 0.0


@part(error_model="numpy")
def give_up(made: Remade, found: Found, i: int) -> None:
    """Write that an event has no estimate."""
    made.level[i] = made.mean_residual[i] = found.sigma[i] = found.r_squared[i] = np.nan
    made.scale[i], made.positive[i], made.n_obs[i] = 0.0, 0, 0
    found.coefficients[i] = np.nan


@njit(error_model="numpy")
def fit(
    made: Remade, inverse: Floats, constant: float, found: Found, excess: bool, kept: float, perfect: float
) -> None:
    """Fit each event over the returns that it has: write what `Remade` holds of it, and what `Found` does.

    Where a return is missing, what is left of it is zero, so that it adds nothing to the sums with the columns; what it
    takes from the products of these with each other is known by date. An event with too few returns, or an infinite
    one, has NaN, and no part in the total.

    Parameters
    ----------
    made : Remade
        Written into; sums by session are added to.
    inverse : ndarray of shape (D, K, K)
        ``R^-1`` of each date.
    constant : float
        The first column where it is a constant, else 0.
    found : Found
        Written into.
    excess : bool
        Whether what is explained are returns in excess of the riskless one.
    kept, perfect : float
        `KEPT` of `eventstudy.returns.gaps`, `PERFECT` of `eventstudy.returns.linear`.
    """
    # Named one by one outside the loop, since each mention of a field counts a reference. The loop is one function,
    # since a part that is given slices costs an event without gaps up to a third of its time.
    values, at, level, slopes, mean_residual = made.values, made.at, made.level, made.slopes, made.mean_residual
    scale, positive, n_obs, total, lacking = made.scale, made.positive, made.n_obs, made.total, made.lacking
    coefficients, sigma, r_squared, turn = found.coefficients, found.sigma, found.r_squared, found.turn
    columns, first, middle, date = made.columns.ravel(), made.first, made.mean, made.date
    length, sessions, begin, count = made.columns.shape[1], made.sessions, int(constant != 0.0), inverse.shape[1]
    regressors = len(made.columns) - int(excess)
    left, missing = np.empty(sessions), np.empty(sessions + 1, dtype=np.int64)
    cross, scores, half, lower = np.empty(regressors), np.empty(count), np.empty(count), np.eye(count)
    for i in range(len(at)):
        day, start = date[i], first[date[i]]
        own, column, weights = values[at[i] : at[i] + sessions], columns[start : start + sessions], inverse[day]
        # Less the first of them, so that sums of large returns keep their digits; the columns have mean zero then.
        gaps, shift = 0, own[0] if begin else 0.0
        rest, cross[0] = fill_crossed(left, own, shift, column, middle[day, 0])
        if not np.isfinite(rest):
            gaps, shift, rest, cross[0] = read_there(left, missing, own, shift, column, middle[day, 0])
        if excess:
            take_column(left, columns[regressors * length + start : regressors * length + start + sessions], 0.0, 1.0)
            clear(left, missing, gaps)
            rest, cross[0] = crossed(left, column, middle[day, 0])
        cross_others(cross, left, columns, length, start, middle, day)
        there = sessions - gaps
        rest /= there
        around = 0.0 if begin else squares_about(left, rest) - gaps * rest * rest
        for gap in range(gaps):
            place = start + missing[gap]
            lose(lower, cross, half, columns, length, place, middle, day, weights, constant, rest)
        project(scores, cross, weights, begin)
        explained = turn_scores(turn[i], lower, scores, half, kept) if gaps else product(scores, scores)
        if there <= count or not np.isfinite(rest + explained):
            give_up(made, found, i)
            continue
        times(coefficients[i], weights, scores)
        squares = explained + begin * there * (shift + rest) * (shift + rest)
        if begin:
            coefficients[i, 0] += (shift + rest) / constant
            rest += scores[0] * constant * weights[0, 0]
        level[i] = begin * (shift + rest)
        for k in range(count - begin):
            slopes[i, k] = coefficients[i, begin + k]
        take_others(left, columns, length, start, middle, day, slopes, i, regressors)
        slope, rest = slopes[i, 0], begin * rest
        if gaps:
            take_there(left, lacking, missing, gaps, rest, column, middle[day, 0], slope)
            slope = rest = 0.0
        added, ssr, positive[i] = settle(total, left, rest, column, middle[day, 0], slope)
        n_obs[i], mean_residual[i], scale[i] = there, added / there, precision(there, added, ssr)
        ssr = ssr if ssr > perfect * (squares + ssr) else 0.0
        around = explained + ssr if begin else around
        sigma[i] = np.sqrt(ssr / (there - count))
        r_squared[i] = 1.0 - ssr / around if around > perfect * (squares + ssr) else np.nan

"""A second program for the models that are no plain regression: one event at a time, from the formulas of the papers.

Nothing here is shared with the package, and nothing is clever: loops, enumeration of all candidates, and the functions
of scipy and statsmodels. What it computes is what METHODS and the papers named say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.integrate import quad
from scipy.special import zeta
from scipy.stats import chi2, norm, theilslopes

Array = np.ndarray


@dataclass
class Plain:
    """One event: parameters, dispersion, expected returns (L,), noise (L,) and parameter error (L, L)."""

    parameters: list[float]
    residuals: Array
    dof: int
    n_obs: int
    expected: Array
    sigma: float
    noise: Array
    error: Array
    r_squared: float = float("nan")

    def covariance(self, forecast_error: str = "full", rho: float = 0.0) -> Array:
        """V of METHODS 2.1: disturbances, and as much of the parameter error as is asked for."""
        days = len(self.noise)
        v = np.array(
            [[np.sqrt(self.noise[j] * self.noise[k]) * rho ** abs(j - k) for k in range(days)] for j in range(days)]
        )
        if forecast_error == "full":
            return v + self.error
        return v + np.diag(np.diag(self.error)) if forecast_error == "diagonal" else v


def neighbours(market: Array, lag: int) -> Array:
    """The market so many sessions later (before, where negative), NaN outside the window."""
    return pd.Series(market).shift(-lag).to_numpy()


def from_line(
    y: Array, market: Array, used: Array, market_event: Array, alpha: float, beta: float, ratio: float
) -> Plain:
    """METHODS 2.4: a line, its residuals, and V with var(beta) = s^2 ratio."""
    n = int(used.sum())
    residuals = np.where(used, y - alpha - beta * market, np.nan)
    ssr = float(np.nansum(residuals**2))
    s2 = ssr / (n - 2)
    d = market_event - market[used].mean()
    return Plain(
        [alpha, beta],
        residuals,
        n - 2,
        n,
        alpha + beta * market_event,
        float(np.sqrt(s2)),
        np.full(len(d), s2),
        s2 / n + s2 * ratio * np.outer(d, d),
        1 - ssr / float(((y[used] - y[used].mean()) ** 2).sum()),
    )


def scholes_williams(y: Array, longer: Array, market_event: Array) -> Plain:
    """Scholes and Williams (1977); `longer` has a session of the market more at either end, NaN where not for use."""
    before, market, after = longer[:-2], longer[1:-1], longer[2:]
    used = np.isfinite(y) & np.isfinite(market) & np.isfinite(before) & np.isfinite(after)
    slopes = [sm.OLS(y[used], sm.add_constant(each[used])).fit().params[1] for each in (before, market, after)]
    pairs = pd.Series(longer)
    rho = pairs.corr(pairs.shift(1))
    beta = sum(slopes) / (1 + 2 * rho)
    alpha = y[used].mean() - beta * market[used].mean()
    z = (before + market + after)[used]
    z, x = z - z.mean(), market[used] - market[used].mean()
    return from_line(y, market, used, market_event, alpha, beta, (z**2).sum() / (z * x).sum() ** 2)


def dimson(y: Array, market: Array, market_event: Array, p: int, q: int, weights: str = "one") -> Plain:
    """Dimson (1979); Fowler and Rorke's (1983) weights for one or two leads and lags."""
    columns = [neighbours(market, lag) for lag in range(-p, q + 1)]
    used = np.isfinite(y) & np.isfinite(np.array(columns)).all(axis=0)
    x = np.column_stack([np.ones(used.sum()), *(each[used] for each in columns)])
    fit = sm.OLS(y[used], x).fit()
    c = np.array([0.0] + [1.0] * (p + q + 1))
    if weights == "fowler_rorke":
        series = pd.Series(market)
        rho = [series.corr(series.shift(lag)) for lag in (1, 2)]
        if p == 1:
            one = (1 + rho[0]) / (1 + 2 * rho[0])
            c = np.array([0, one, 1, one])
        else:
            whole = 1 + 2 * rho[0] + 2 * rho[1]
            one, two = (1 + 2 * rho[0] + rho[1]) / whole, (1 + rho[0] + rho[1]) / whole
            c = np.array([0, two, one, 1, one, two])
    beta = float(c @ fit.params)
    alpha = y[used].mean() - beta * market[used].mean()
    line = from_line(y, market, used, market_event, alpha, beta, 0.0)
    return from_line(y, market, used, market_event, alpha, beta, float(c @ fit.cov_params() @ c) / line.sigma**2)


def dynamic_dimson(y: Array, market: Array, around_event: Array, p: int, q: int) -> Plain:
    """The whole lead-lag regression; `around_event` is the market from p before to q after the event window."""
    columns = [neighbours(market, lag) for lag in range(-p, q + 1)]
    used = np.isfinite(y) & np.isfinite(np.array(columns)).all(axis=0)
    fit = sm.OLS(y[used], np.column_stack([np.ones(used.sum()), *(each[used] for each in columns)])).fit()
    days = len(around_event) - p - q
    ahead = np.column_stack([np.ones(days), *(around_event[k : k + days] for k in range(p + q + 1))])
    beta = fit.params[1:].sum()
    residuals = np.full(len(y), np.nan)
    residuals[used] = fit.resid
    error = ahead @ fit.cov_params() @ ahead.T
    parameters = [y[used].mean() - beta * market[used].mean(), beta]
    s = np.sqrt(fit.mse_resid)
    noise = np.full(days, fit.mse_resid)
    return Plain(
        parameters, residuals, int(fit.df_resid), int(fit.nobs), ahead @ fit.params, s, noise, error, fit.rsquared
    )


def robust(y: Array, market: Array, market_event: Array, kind: str, *, recentre: bool = False) -> Plain:
    """Huber by statsmodels, Theil-Sen by scipy, least absolute deviations by trying every line through two points."""
    used = np.isfinite(y) & np.isfinite(market)
    own, x = y[used], market[used]
    if kind == "huber":
        huber = sm.robust.norms.HuberT(1.345)
        fit = sm.RLM(own, sm.add_constant(x), M=huber).fit(maxiter=2000, tol=1e-13, conv="coefs")
        alpha, beta = fit.params
    elif kind == "theil_sen":
        beta, alpha = theilslopes(own, x)[:2]
    else:
        alpha, beta = least_absolute(own, x)
    if recentre:
        alpha = own.mean() - beta * x.mean()
    return from_line(y, market, used, market_event, alpha, beta, 1 / ((x - x.mean()) ** 2).sum())


def least_absolute(y: Array, x: Array) -> tuple[float, float]:
    """The best of all lines through two points: one of them is a least absolute line."""
    i, j = np.triu_indices(len(y), 1)
    apart = x[i] != x[j]
    i, j = i[apart], j[apart]
    slope = (y[j] - y[i]) / (x[j] - x[i])
    level = y[i] - slope * x[i]
    total = np.abs(y - level[:, None] - slope[:, None] * x).sum(axis=1)
    best = int(total.argmin())
    return float(level[best]), float(slope[best])


def simplex(y: Array, x: Array, *, intercept: bool = False, ridge: float = 0.0) -> tuple[float, Array]:
    """Weights at least zero with the sum one: the best over all sets of donors, each solved with its multiplier."""
    own, donors = (y - y.mean(), x - x.mean(axis=0)) if intercept else (y, x)
    penalty = ridge * ((y - y.mean()) ** 2).sum()
    best, found = np.inf, np.zeros(x.shape[1])
    for size in range(1, x.shape[1] + 1):
        for chosen in map(list, combinations(range(x.shape[1]), size)):
            a = donors[:, chosen]
            scale = (a**2).sum() / size
            system = np.zeros((size + 1, size + 1))
            system[:size, :size] = (a.T @ a + penalty * np.eye(size)) / scale
            system[size, :size] = system[:size, size] = 1.0
            w = np.linalg.solve(system, [*(a.T @ own / scale), 1.0])[:size]
            value = ((own - a @ w) ** 2).sum() + penalty * (w**2).sum()
            if (w >= 0).all() and value < best:
                best, found = value, np.zeros(x.shape[1])
                found[chosen] = w
    return float(y.mean() - x.mean(axis=0) @ found) if intercept else 0.0, found


def elastic_net(y: Array, x: Array, share: float, l1_ratio: float) -> tuple[float, Array]:
    """The one pattern of signs whose solution meets the conditions of the minimum, of all 3^J."""
    units = x.std(axis=0)
    z, own = (x - x.mean(axis=0)) / units, y - y.mean()
    n, count = z.shape
    gram, c = z.T @ z / n, z.T @ own / n
    penalty = share * np.abs(c).max() / l1_ratio
    one, two = penalty * l1_ratio, penalty * (1 - l1_ratio)
    for signs in product((-1.0, 0.0, 1.0), repeat=count):
        s = np.array(signs)
        on = s != 0
        w = np.zeros(count)
        if on.any():
            w[on] = np.linalg.solve(gram[np.ix_(on, on)] + two * np.eye(on.sum()), c[on] - one * s[on])
        pull = c - gram @ w - two * w
        if (w[on] * s[on] > 0).all() and (np.abs(pull[~on]) <= one * (1 + 1e-9)).all():
            w = w / units
            return float(y.mean() - x.mean(axis=0) @ w), w
    raise AssertionError("No pattern meets the conditions.")


def counterfactual(y: Array, x: Array, x_event: Array, alpha: float, weights: Array, lost: int) -> Plain:
    """METHODS 2.7: s^2 = SSR over n less what the weights cost, and no error of the weights."""
    used = np.isfinite(y)
    residuals = np.full(len(y), np.nan)
    residuals[used] = y[used] - alpha - x[used] @ weights
    n, ssr, days = int(used.sum()), float(np.nansum(residuals**2)), len(x_event)
    s2 = ssr / (n - lost)
    parameters = [alpha, float((weights != 0).sum()), np.sqrt(ssr / n)]
    expected, noise = alpha + x_event @ weights, np.full(days, s2)
    r_squared = 1 - ssr / ((y[used] - y[used].mean()) ** 2).sum()
    return Plain(parameters, residuals, n - lost, n, expected, np.sqrt(s2), noise, np.zeros((days, days)), r_squared)


def no_parameters(y: Array, expected: Array, expected_event: Array, *, centred: bool = True) -> Plain:
    """METHODS 2.2: what is expected is given, and dispersion is about the mean or about zero."""
    residuals = y - expected
    there = residuals[np.isfinite(residuals)]
    s = float(there.std(ddof=1) if centred else np.sqrt((there**2).mean()))
    n, days = len(there), len(expected_event)
    dof = n - 1 if centred else n
    return Plain([], residuals, dof, n, expected_event, s, np.full(days, s**2), np.zeros((days, days)))


def garch_variances(e: Array, omega: float, a: float, g: float, before: float) -> Array:
    """h of each session and of the one after the last; `before` stands for e^2 and h ahead of the first."""
    h = [omega + (a + g) * before]
    for each in e:
        h.append(omega + a * each**2 + g * h[-1])
    return np.array(h)


def egarch_log_variances(e: Array, omega: float, a: float, c: float, g: float, before: float) -> Array:
    """ln h likewise; ahead of the first session ln h is that of `before`, and there is no shock."""
    log_h = [omega + g * np.log(before)]
    for each in e:
        z = each / np.exp(log_h[-1] / 2)
        log_h.append(omega + g * log_h[-1] + a * (abs(z) - np.sqrt(2 / np.pi)) + c * z)
    return np.array(log_h)


def premium(a: float, c: float, decay: float) -> float:
    """E exp(decay (a (|z| - E|z|) + c z)) of a standard normal z, by integration."""

    def part(z: float) -> float:
        return float(np.exp(decay * (a * (abs(z) - np.sqrt(2 / np.pi)) + c * z)) * norm.pdf(z))

    return float(sum(quad(part, *side, epsabs=1e-14, epsrel=1e-13)[0] for side in ((-20, 0), (0, 20))))


def held(firm: Sequence[float], legs: Array, delisted: Sequence[bool], rule: str) -> float:
    """METHODS 2.3 and 1.3 of simple returns: `legs` (L, J) are bought in equal parts and held."""
    whole = [j for j in range(legs.shape[1]) if np.isfinite(legs[:, j]).all()]
    if rule == "truncate":
        last = [t for t in range(len(firm)) if not delisted[t]]
        whole = [j for j in range(legs.shape[1]) if np.isfinite(legs[last, j]).all()]
    if not whole:
        return float("nan")
    wealth, parts = 1.0, np.ones(len(whole))
    for t in range(len(firm)):
        if delisted[t] and rule == "truncate":
            break
        grown = parts * (1 + legs[t, whole])
        if not delisted[t]:
            wealth *= 1 + firm[t]
        elif rule == "benchmark":
            wealth *= grown.sum() / parts.sum()
        parts = grown
    return float(wealth - parts.mean())


def first_order(residuals: Array) -> float:
    """The autocorrelation of neighbours, about the mean, free of the number of gaps."""
    e = residuals - np.nanmean(residuals)
    pairs = [e[t] * e[t - 1] for t in range(1, len(e)) if np.isfinite(e[t] * e[t - 1])]
    n = int(np.isfinite(e).sum())
    return float(np.mean(pairs) * (n - 1) / np.nansum(e**2))


def trigamma(value: float) -> float:
    """The variance of the logarithm of half a chi-squared variable with twice so many degrees of freedom."""
    return float(zeta(2.0, value))


def arch_lm(e: Array, lags: int) -> tuple[float, float]:
    """Engle (1982): n R2 of squares on their own lags, and its p-value."""
    squares = e**2
    columns = [squares[lags - lag : len(e) - lag] for lag in range(1, lags + 1)]
    statistic = (len(e) - lags) * sm.OLS(squares[lags:], sm.add_constant(np.column_stack(columns))).fit().rsquared
    return float(statistic), float(chi2.sf(statistic, lags))

"""CARs explained by what was known of the events: least squares with the standard errors that they deserve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy._typing import Floats, Ints
from eventstudy.distributions import student_p_value, student_quantile
from eventstudy.errors import InputError, UnknownNameError, nearest
from eventstudy.inference.regression_result import CarRegression

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.result import StudyResult

__all__ = ["COVARIANCES", "WEIGHTS", "between_variance", "covariance_of", "regress", "regress_cars"]

COVARIANCES = ("auto", "HC0", "HC1", "HC2", "HC3", "cluster", "two_way")
WEIGHTS = ("inverse_variance", "random_effects")
CLUSTERED: Mapping[str, tuple[str, ...]] = {"cluster": ("day0",), "two_way": ("symbol", "day0")}
ALONE = 1 - 1e-10


def regress_cars(
    result: StudyResult,
    formula: str,
    *,
    window: str | tuple[int, int] | None = None,
    model: str | None = None,
    covariance: str = "auto",
    cluster: Sequence[str] = (),
    weights: str | None = None,
) -> CarRegression:
    """Regress the CARs of a study on characteristics of its events.

    Parameters
    ----------
    result : StudyResult
        A study that was run.
    formula : str
        Right side in the language of R and patsy: ``"surprise + C(timing)"``. Names are columns of
        ``result.event_table``; ``np`` may be called. A formula is code: do not take one from strangers.
    window : str or (int, int), optional
        Which CARs; the first reported window without it.
    model : str, optional
        Label of the expected-return model; the first without it.
    covariance, cluster, weights
        See `regress`.

    Notes
    -----
    Characteristics must have been known before the event, and events are often chosen by the firm (Prabhala 1997):
    neither can be seen in the numbers.
    """
    which = window if window is not None else result.study.windows.reported[0].name
    label = model if model is not None else next(iter(result.models))
    cars = result.car(which, label)[["event_id", "car", "std_error"]]
    known = result.event_table.drop(columns=["reason", "detail"], errors="ignore")
    table = cars.merge(known, on="event_id", how="left", validate="one_to_one")
    return regress(table, formula, covariance=covariance, cluster=cluster, weights=weights, of=f"{label}, {which}")


def regress(
    table: pd.DataFrame,
    formula: str,
    *,
    covariance: str = "auto",
    cluster: Sequence[str] = (),
    weights: str | None = None,
    of: str = "",
) -> CarRegression:
    """Regress the column ``car`` of a table on others.

    Parameters
    ----------
    table : DataFrame
        One row an event: ``event_id``, ``car`` (a decimal), ``std_error`` where weights are asked for, ``day0`` and
        ``symbol``, characteristics. Rows with a missing value, or an empty text, in what is used, columns clustered by
        too, are left out and counted.
    formula : str
        Right side, such as ``"surprise + C(timing)"``; a constant is in it unless ``- 1`` is.
    covariance : str
        ``"HC0"`` to ``"HC3"``, ``"cluster"`` (by day 0) or ``"two_way"`` (by symbol and day 0). ``"auto"``: HC3 where
        no two events share day 0, else by day 0, and by symbol too where symbols repeat.
    cluster : sequence of str
        Columns to cluster by, one for ``"cluster"`` and two for ``"two_way"``.
    weights : str, optional
        ``"inverse_variance"``: 1 / Var(CAR). ``"random_effects"``: 1 / (Var(CAR) + tau^2), tau^2 by moments.
    of : str
        Which CARs they are, for the title.

    Raises
    ------
    InputError
        For a formula that can't be read, columns that depend on each other, fewer events than coefficients, a single
        cluster, or an event that alone determines a coefficient where HC2 or HC3 is asked for.

    Notes
    -----
    Reference t(N - K), or t(G - 1) with G the clusters of the dimension that has fewest. Two ways add as
    ``V1 + V2 - V12`` (Cameron, Gelbach and Miller 2011); negative eigenvalues are set to 0, which is said in a note.
    """
    import statsmodels.api as sm

    if weights is not None and weights not in WEIGHTS:
        raise UnknownNameError("weights of a regression", weights, WEIGHTS)
    design, used = _design(formula, table, with_errors=weights is not None)
    kind, by = _which(covariance, tuple(cluster), used)
    design, used = _labelled(design, used, by)
    y, x, names = used["car"].to_numpy(float), design.to_numpy(float), tuple(map(str, design.columns))
    _check(x, names, formula)
    tau2, w = _weights(weights, y, x, used)
    fit = sm.WLS(y, x, weights=w).fit()
    leverage = _leverage(x * np.sqrt(w)[:, None])
    _check_divisors(kind, leverage, used, formula)
    codes = [np.unique(used[name].astype(str), return_inverse=True)[1] for name in by]
    matrix, notes = covariance_of(fit, kind, codes)
    df = len(y) - x.shape[1] if not codes else min(int(code.max()) for code in codes)
    return CarRegression(
        formula=formula,
        of=of,
        names=names,
        **_coefficients(np.asarray(fit.params), matrix, df),
        covariance=matrix,
        kind=kind if not by else f"{kind}({', '.join(by)})",
        clusters=tuple(int(code.max()) + 1 for code in codes),
        df=float(df),
        n=len(y),
        dropped=len(table) - len(y),
        r_squared=float(fit.rsquared),
        adjusted_r_squared=float(fit.rsquared_adj),
        condition_number=float(np.linalg.cond(x)),
        event_id=used["event_id"].to_numpy(object),
        leverage=leverage,
        weights=weights or "",
        tau=float(np.sqrt(tau2)),
        notes=notes,
    )


def _design(formula: str, table: pd.DataFrame, *, with_errors: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the design and the rows of the table it is of."""
    import patsy

    right = formula.partition("~")[2] or formula
    rows = table[table["car"].notna() & (table["std_error"].gt(0) if with_errors else True)]
    # An empty text is a label that nobody knows, not a category of its own.
    rows = rows.replace("", np.nan).reset_index(drop=True)
    try:
        design = patsy.dmatrix(right, rows, eval_env=patsy.EvalEnvironment([{"np": np}]), return_type="dataframe")
    except Exception as error:
        cause = error.__cause__ or error
        missing = getattr(cause, "name", None)
        hint = nearest(str(missing), map(str, table.columns)) if isinstance(cause, NameError) and missing else ""
        raise InputError(
            f"The formula {formula!r} can't be read: {str(cause).splitlines()[0]}. {hint}".strip()
        ) from error
    return design, rows.loc[design.index]


def _labelled(design: pd.DataFrame, used: pd.DataFrame, by: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows that have a label in each column that is clustered by."""
    there = used[[*by]].notna().all(axis=1)
    return design[there], used[there]


def _check(x: Floats, names: Sequence[str], formula: str) -> None:
    n, count = x.shape
    endless = [name for name, column in zip(names, x.T, strict=True) if not np.isfinite(column).all()]
    if endless:
        raise InputError(f"{formula!r} has infinite values in {', '.join(endless)}; leave these events out.")
    if n <= count:
        raise InputError(
            f"{formula!r} has {count} coefficients and {n} events to tell them from; {count + 1} are needed."
        )
    if np.linalg.matrix_rank(x) < count:
        alone = [
            name
            for place, name in enumerate(names)
            if np.linalg.matrix_rank(np.delete(x, place, axis=1)) == np.linalg.matrix_rank(x)
        ]
        raise InputError(f"The columns of {formula!r} depend on each other: {', '.join(alone)}; leave one out.")


def _check_divisors(kind: str, leverage: Floats, used: pd.DataFrame, formula: str) -> None:
    """Refuse HC2 and HC3, which divide by one minus the leverage of each event, where that is zero."""
    if kind in ("HC2", "HC3") and leverage.max() > ALONE:
        event = used["event_id"].iloc[int(leverage.argmax())]
        raise InputError(
            f"The event {event} alone determines a coefficient of {formula!r}, so {kind} has no value; "
            "drop the term, or take covariance='HC1'."
        )


def _coefficients(estimate: Floats, covariance: Floats, df: float) -> dict[str, Floats]:
    """Return the coefficients with their t tests and 95% intervals, shape (K,) each; neither where the error is 0."""
    error = np.sqrt(np.diag(covariance))
    known = np.where(error > 0, error, np.nan)
    t, half = estimate / known, student_quantile(0.975, df) * known
    return {
        "estimate": estimate,
        "std_error": error,
        "statistic": t,
        "p_value": student_p_value(t, df),
        "ci_low": estimate - half,
        "ci_high": estimate + half,
    }


def _weights(kind: str | None, y: Floats, x: Floats, used: pd.DataFrame) -> tuple[float, Floats]:
    if kind is None:
        return 0.0, np.ones(len(y))
    variance = used["std_error"].to_numpy(float) ** 2
    tau2 = between_variance(y, x, variance) if kind == "random_effects" else 0.0
    return tau2, 1.0 / (variance + tau2)


def between_variance(y: Floats, x: Floats, variance: Floats) -> float:
    """Return the variance between events beyond that of their CARs, by moments, at least 0.

    Parameters
    ----------
    y : ndarray of shape (N,)
        CARs.
    x : ndarray of shape (N, K)
        Design.
    variance : ndarray of shape (N,)
        Their own variances.

    Notes
    -----
    ``(Q - (N - K)) / (sum w - tr((X'WX)^-1 X'W^2 X))``, Q the weighted sum of squared residuals, w = 1 / variance
    (DerSimonian and Laird 1986, with regressors).
    """
    w = 1.0 / variance
    cross = np.linalg.inv(x.T @ (w[:, None] * x))
    residuals = y - x @ (cross @ (x.T @ (w * y)))
    excess = float((w * residuals**2).sum()) - (len(y) - x.shape[1])
    scale = float(w.sum()) - float(np.trace(cross @ (x.T @ (w[:, None] ** 2 * x))))
    return max(0.0, float(excess / scale))


def _leverage(x: Floats) -> Floats:
    orthogonal, _ = np.linalg.qr(x)
    return np.asarray((orthogonal**2).sum(axis=1))


def _which(covariance: str, cluster: tuple[str, ...], used: pd.DataFrame) -> tuple[str, tuple[str, ...]]:
    """Return the kind of covariance and the columns to cluster by."""
    if covariance not in COVARIANCES:
        raise UnknownNameError("covariance", covariance, COVARIANCES)
    if covariance == "auto" and not cluster:
        if "day0" not in used or not used["day0"].duplicated().any():
            return "HC3", ()
        repeated = "symbol" in used and used["symbol"].duplicated().any() and used["symbol"].nunique() > 1
        covariance = "two_way" if repeated else "cluster"
    elif covariance == "auto":
        covariance = "cluster" if len(cluster) == 1 else "two_way"
    if covariance not in CLUSTERED:
        return covariance, ()
    by = cluster or CLUSTERED[covariance]
    if len(by) != len(CLUSTERED[covariance]):
        raise InputError(f"covariance={covariance!r} clusters by {len(CLUSTERED[covariance])} columns, not {len(by)}.")
    for name in by:
        if name not in used:
            raise UnknownNameError("column to cluster by", name, map(str, used.columns))
        if used[name].nunique() < 2:
            raise InputError(f"All events have one {name}; standard errors clustered by it need two at least.")
    return covariance, by


def covariance_of(fit: Any, kind: str, codes: Sequence[Ints]) -> tuple[Floats, tuple[str, ...]]:
    """Return the covariance of coefficients, shape (K, K), and what to say of it.

    Parameters
    ----------
    fit : RegressionResults
        Of statsmodels.
    kind : str
        ``"HC0"`` to ``"HC3"``, ``"cluster"``, ``"two_way"``.
    codes : sequence of ndarray of shape (N,)
        Cluster codes, one array a way.
    """
    from statsmodels.stats.sandwich_covariance import cov_cluster, cov_cluster_2groups

    if kind not in CLUSTERED:
        return np.asarray(getattr(fit, f"cov_{kind}")), ()
    if kind == "cluster":
        return np.asarray(cov_cluster(fit, codes[0])), ()
    matrix = np.asarray(cov_cluster_2groups(fit, codes[0], codes[1])[0])
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    if values.min() >= 0:
        return matrix, ()
    mended = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return np.asarray(mended), ("The two-way covariance was not positive; its negative eigenvalues were set to 0.",)

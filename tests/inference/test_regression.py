"""Regressions of CARs against statsmodels and sandwiches written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats

from eventstudy.errors import InputError, UnknownNameError
from eventstudy.inference.regression import COVARIANCES, between_variance, covariance_of, regress
from eventstudy.inference.regression_result import side_by_side


def events(n: int = 60, *, shared: bool = True, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    surprise, size = rng.normal(0, 1, n), rng.normal(8, 1, n)
    timing = rng.choice(["after_close", "before_open"], n)
    dates = pd.date_range("2024-01-01", periods=n).astype(str).to_numpy()
    return pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in range(n)],
            "car": 0.01 * surprise + 0.02 * rng.standard_t(4, n),
            "std_error": rng.uniform(0.01, 0.03, n),
            "symbol": rng.choice(list("ABCDEFGHIJ"), n),
            "day0": rng.choice(dates[:15], n) if shared else dates,
            "surprise": surprise,
            "size": size,
            "timing": timing.astype(object),
        }
    )


FORMULA = "surprise + C(timing) + size"


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3"])
def test_heteroskedasticity_robust_errors_equal_statsmodels(kind: str) -> None:
    table = events()
    reference = smf.ols(f"car ~ {FORMULA}", table).fit().get_robustcov_results(kind, use_t=True)
    result = regress(table, FORMULA, covariance=kind)
    frame = result.to_frame()
    assert frame["term"].tolist() == reference.model.exog_names
    np.testing.assert_allclose(frame["estimate"], reference.params, rtol=1e-10)
    np.testing.assert_allclose(frame["std_error"], reference.bse, rtol=1e-10)
    np.testing.assert_allclose(frame["p_value"], reference.pvalues, rtol=1e-9)
    np.testing.assert_allclose(frame[["ci_low", "ci_high"]], reference.conf_int(), rtol=1e-9)
    assert result.r_squared == pytest.approx(reference.rsquared, rel=1e-12)
    assert result.df == 56


def meat(x: np.ndarray, e: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return a one-way clustered covariance as a loop, with its small-sample factor."""
    bread, (n, k) = np.linalg.inv(x.T @ x), x.shape
    total = np.zeros((k, k))
    for code in np.unique(codes):
        score = x[codes == code].T @ e[codes == code]
        total += np.outer(score, score)
    many = len(np.unique(codes))
    return many / (many - 1) * (n - 1) / (n - k) * bread @ total @ bread


def test_clusters_one_and_two_ways_by_hand() -> None:
    table = events()
    x = smf.ols(f"car ~ {FORMULA}", table).exog
    e = sm.OLS(table["car"], x).fit().resid.to_numpy()
    day, symbol = table["day0"].to_numpy(), table["symbol"].to_numpy()
    both = np.array([f"{a} {b}" for a, b in zip(day, symbol, strict=True)])
    one = regress(table, FORMULA, covariance="cluster")
    np.testing.assert_allclose(one.covariance, meat(x, e, day), rtol=1e-10)
    assert one.df == len(set(day)) - 1
    assert one.kind == "cluster(day0)"
    two = regress(table, FORMULA)
    np.testing.assert_allclose(two.covariance, meat(x, e, symbol) + meat(x, e, day) - meat(x, e, both), rtol=1e-9)
    assert two.kind == "two_way(symbol, day0)"
    assert two.df == min(len(set(day)), len(set(symbol))) - 1
    assert two.clusters == (len(set(symbol)), len(set(day)))


def test_a_two_way_covariance_that_is_none_is_mended() -> None:
    """Few clusters: the sum of two less a third has a negative eigenvalue (Cameron, Gelbach and Miller 2011)."""
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(12), rng.normal(0, 1, (12, 2))])
    y, one, two = rng.normal(0, 1, 12), rng.integers(0, 3, 12), rng.integers(0, 3, 12)
    fit = sm.OLS(y, x).fit()
    raw = meat(x, fit.resid, one) + meat(x, fit.resid, two) - meat(x, fit.resid, 3 * one + two)
    values, vectors = np.linalg.eigh(raw)
    assert values[0] < -1e-3 < values[1]
    expected = sum(value * np.outer(vector, vector) for value, vector in zip(values[1:], vectors.T[1:], strict=True))
    found, notes = covariance_of(fit, "two_way", [one, two])
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert notes == ("The two-way covariance was not positive; its negative eigenvalues were set to 0.",)


def test_the_default_follows_the_dates() -> None:
    assert regress(events(shared=False), FORMULA).kind == "HC3"
    one_each = events().assign(symbol=[f"S{i}" for i in range(60)])
    assert regress(one_each, FORMULA).kind == "cluster(day0)"
    assert regress(events(), FORMULA, cluster=["symbol"]).kind == "cluster(symbol)"


def test_weights() -> None:
    table = events(shared=False)
    variance = table["std_error"].to_numpy() ** 2
    reference = smf.wls(f"car ~ {FORMULA}", table, weights=1 / variance).fit().get_robustcov_results("HC3", use_t=True)
    fixed = regress(table, FORMULA, weights="inverse_variance")
    np.testing.assert_allclose(fixed.estimate, reference.params, rtol=1e-10)
    np.testing.assert_allclose(fixed.std_error, reference.bse, rtol=1e-10)
    # Without regressors the moment estimator is DerSimonian and Laird's own.
    y, w = table["car"].to_numpy(), 1 / variance
    mean = (w * y).sum() / w.sum()
    q = (w * (y - mean) ** 2).sum()
    tau2 = max(0.0, (q - 59) / (w.sum() - (w**2).sum() / w.sum()))
    assert between_variance(y, np.ones((60, 1)), variance) == pytest.approx(tau2, rel=1e-10)
    mixed = regress(table, "1", weights="random_effects")
    assert mixed.tau == pytest.approx(np.sqrt(tau2), rel=1e-10)
    assert mixed.estimate[0] == pytest.approx((y / (variance + tau2)).sum() / (1 / (variance + tau2)).sum(), rel=1e-10)


def test_missing_rows_are_left_out_and_counted() -> None:
    table = events()
    table.loc[3, "surprise"] = np.nan
    table.loc[5, "timing"] = ""
    table.loc[7, "car"] = np.nan
    result = regress(table, FORMULA, covariance="HC1")
    kept = table.drop(index=[3, 5, 7])
    reference = smf.ols(f"car ~ {FORMULA}", kept).fit()
    assert (result.n, result.dropped) == (57, 3)
    np.testing.assert_allclose(result.estimate, reference.params, rtol=1e-10)
    assert "e5" not in set(result.event_id)


@pytest.mark.parametrize(
    ("kind", "by"),
    [("HC1", ()), ("cluster", ("symbol",)), ("cluster", ("sector",)), ("two_way", ("symbol", "day0"))],
)
@pytest.mark.parametrize("weights", [None, "inverse_variance"])
@pytest.mark.parametrize("seed", [0, 1, 4])
def test_rows_without_a_label_to_cluster_by_are_left_out(
    seed: int, weights: str | None, kind: str, by: tuple[str, ...]
) -> None:
    """They were an error, or a cluster of their own; statsmodels is given the rows that have all."""
    rng = np.random.default_rng(seed)
    table = events(50, seed=seed).assign(sector=rng.choice([1.0, 2.0, 3.0], 50))
    for column in ("symbol", "day0", "sector", "surprise"):
        table.loc[rng.random(50) < 0.1, column] = np.nan
    table.loc[rng.integers(0, 50, 2), "symbol"] = ""
    kept = table.replace("", np.nan).dropna(subset=["surprise", *by])
    result = regress(table, "surprise + size", covariance=kind, cluster=by, weights=weights)
    model = smf.wls("car ~ surprise + size", kept, weights=1.0 if weights is None else kept["std_error"] ** -2.0)
    groups = [pd.factorize(kept[each])[0] for each in by]
    asked = {"cov_kwds": {"groups": np.column_stack(groups).squeeze()}} if by else {}
    reference = model.fit(cov_type="cluster" if by else kind, use_t=True, **asked)
    assert (result.n, result.dropped, result.notes) == (len(kept), 50 - len(kept), ())
    np.testing.assert_allclose(result.estimate, reference.params, rtol=1e-9)
    np.testing.assert_allclose(result.std_error, reference.bse, rtol=1e-8)
    df = min(each.max() for each in groups) if by else len(kept) - 3
    np.testing.assert_allclose(result.p_value, 2 * stats.t.sf(np.abs(reference.tvalues), df), rtol=1e-7)


def test_without_an_error_there_is_no_interval() -> None:
    """A two-way variance below zero is set to 0, which says nothing of how far the coefficient may stray."""
    table = events(25).assign(symbol=["A", "B", "B", "A", "A"] * 5, day0=["1", "1", "2", "2", "3"] * 5)
    table["car"] = np.where(table["symbol"] == "A", 1.0, -1.0) * np.where(table["day0"] == "1", 1.0, -0.7)
    found = [regress(table.assign(car=table["car"] + shift), "1") for shift in (0.0, 0.3)]
    for result in found:
        assert result.std_error[0] == 0
        assert np.isnan([result.statistic[0], result.p_value[0], result.ci_low[0], result.ci_high[0]]).all()
        assert len(result.notes) == 1


def test_leverage_and_condition_number() -> None:
    table = events(shared=False)
    table.loc[0, "surprise"] = 15.0
    result = regress(table, FORMULA)
    model = smf.ols(f"car ~ {FORMULA}", table)
    np.testing.assert_allclose(result.leverage, model.fit().get_influence().hat_matrix_diag, rtol=1e-10)
    assert result.influential == ("e0",)
    assert result.condition_number == pytest.approx(np.linalg.cond(model.exog), rel=1e-10)


def test_faults_say_what_is_wrong() -> None:
    table = events()
    with pytest.raises(InputError, match=r"can't be read: .*surprize.*Did you mean 'surprise'\?"):
        regress(table, "surprize")
    with pytest.raises(InputError, match="can't be read"):
        regress(table, "surprise +")
    with pytest.raises(InputError, match="depend on each other: surprise, I\\(2 \\* surprise\\)"):
        regress(table, "surprise + I(2 * surprise)")
    with pytest.raises(InputError, match="2 coefficients and 2 events"):
        regress(table.head(2), "surprise")
    with pytest.raises(InputError, match=r"^'surprise' has infinite values in surprise; leave these events out"):
        regress(table.replace({"surprise": {table["surprise"][4]: np.inf}}), "surprise")
    with pytest.raises(InputError, match="The event e4 alone determines"):
        regress(table.assign(first=(table["event_id"] == "e4") * 1.0), "first", covariance="HC3")
    with pytest.raises(InputError, match="All events have one symbol"):
        regress(table.assign(symbol="A"), "surprise", cluster=["symbol"])
    with pytest.raises(UnknownNameError, match="column to cluster by"):
        regress(table, "surprise", cluster=["sector"])
    with pytest.raises(InputError, match="clusters by 2 columns, not 1"):
        regress(table, "surprise", covariance="two_way", cluster=["symbol"])
    with pytest.raises(UnknownNameError, match="covariance"):
        regress(table, "surprise", covariance="HC4")
    with pytest.raises(UnknownNameError, match="weights"):
        regress(table, "surprise", weights="variance")
    assert set(COVARIANCES) == {"auto", "HC0", "HC1", "HC2", "HC3", "cluster", "two_way"}


def test_a_formula_sees_nothing_but_the_table() -> None:
    with pytest.raises(InputError, match="can't be read"):
        regress(events(), "surprise + side_by_side")
    assert regress(events(), "np.log(size)", covariance="HC1").names[1] == "np.log(size)"


def test_it_shows_itself_with_the_habits_of_the_field() -> None:
    table = events()
    small, large = regress(table, "surprise"), regress(table, FORMULA, weights="random_effects")
    text = large.summary()
    assert "two_way(symbol, day0)" in text
    assert "Weights: random effects" in text
    assert "<table" in small._repr_html_()
    both = side_by_side(small, large)
    rows = {row[0]: row[1:] for row in both.rows if row[0]}
    assert rows["surprise"][0].startswith(f"{small.estimate[1]:.4f}*")
    assert rows["size"][0] == ""
    assert both.rows[1][1] == f"({small.std_error[0]:.4f})"
    assert rows["N"] == ("60", "60")

"""The variance of a CAR whose disturbances are autocorrelated: statsmodels' rho, plain sums, and Monte Carlo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.tsa.stattools import acf

from eventstudy.config import load
from eventstudy.errors import UnknownNameError
from eventstudy.events import Events
from eventstudy.inference import JointF, Portfolio
from eventstudy.panels import PricePanel
from eventstudy.result import StudyResult
from eventstudy.returns import MarketModel, Windows
from eventstudy.returns.autocorrelation import first_order, serial_covariance, serial_variance
from eventstudy.returns.models import Block
from eventstudy.study import Study
from tests.made_up import FIRST, SESSIONS, made_up_events, made_up_returns

FRAME = made_up_returns(seed=21, symbols=3, sessions=260)
WIDE = FRAME.pivot_table(index="date", columns="symbol", values="return")
DAY0 = 200
WINDOWS = Windows(estimation=(-150, -11), event=(-5, 5), named={"news": (-2, 3), "day": (0, 0)})
STUDY = Study(
    windows=WINDOWS, benchmark="MKT", tests=["t", "joint_f"], autocorrelation="ar1", reaction=False, screens=()
)


def run(study: Study, events: Events | None = None) -> StudyResult:
    return study.run(events or made_up_events(["S00"], [DAY0]), PricePanel.from_frame(FRAME))


def by_hand(columns: list[str], forecast_error: str = "full") -> tuple[np.ndarray, float, np.ndarray]:
    """Return abnormal returns, rho and covariance of the days [-2, 3], from statsmodels' fit and plain sums."""
    own, market = WIDE[columns].mean(axis=1).to_numpy(), WIDE["MKT"].to_numpy()
    used, days = slice(DAY0 - 150, DAY0 - 10), slice(DAY0 - 2, DAY0 + 4)
    fit = sm.OLS(own[used], sm.add_constant(market[used])).fit()
    rho = float(acf(fit.resid, nlags=1, fft=False)[1])
    x = sm.add_constant(market[days])
    v = np.array([[fit.mse_resid * rho ** abs(j - k) for k in range(6)] for j in range(6)])
    error = x @ fit.cov_params() @ x.T
    v = v + {"full": error, "diagonal": np.diag(np.diag(error)), "none": 0.0}[forecast_error]
    return own[days] - fit.predict(x), rho, v


@pytest.mark.parametrize("forecast_error", ["full", "diagonal", "none"])
def test_the_variance_is_the_plain_double_sum(forecast_error: str) -> None:
    result = run(replace(STUDY, forecast_error=forecast_error))
    ar, rho, v = by_hand(["S00"], forecast_error)
    assert result.estimates["rho"].tolist() == pytest.approx([rho], rel=1e-10)
    news = result.cars.set_index("window").loc["news"]
    assert news["car"] == pytest.approx(ar.sum(), rel=1e-10)
    assert news["std_error"] == pytest.approx(np.sqrt(v.sum()), rel=1e-10)
    joint = result.tests.set_index(["test", "window"]).loc[("joint_f", "news")]
    assert joint["statistic"] == pytest.approx(ar @ np.linalg.inv(v) @ ar / 6, rel=1e-9)
    plain = run(replace(STUDY, forecast_error=forecast_error, autocorrelation="none"))
    assert "rho" not in plain.estimates
    # A day by itself has no neighbour.
    columns = ["window", "std_error"]
    one, other = (each.cars[columns].set_index("window").loc["day", "std_error"] for each in (result, plain))
    assert one == pytest.approx(other, rel=1e-14)
    assert abs(news["std_error"] / plain.cars.set_index("window").loc["news", "std_error"] - 1) > 1e-3


def test_the_portfolio_has_its_own_rho() -> None:
    events = made_up_events(["S00", "S01", "S02"], [DAY0])
    result = run(replace(STUDY, tests=[Portfolio()]), events)
    ar, _, v = by_hand(["S00", "S01", "S02"])
    row = result.tests.set_index("window").loc["news"]
    assert row["statistic"] == pytest.approx(ar.sum() / np.sqrt(v.sum()), rel=1e-9)


def test_a_missing_day_is_a_distance() -> None:
    holed = FRAME.copy()
    own = holed[holed["symbol"] == "S00"].index
    holed.loc[own[DAY0], "return"] = np.nan
    windows = replace(WINDOWS, min_coverage=0.5)
    result = replace(STUDY, windows=windows, tests=[JointF()]).run(
        made_up_events(["S00"], [DAY0]), PricePanel.from_frame(holed)
    )
    ar, _, v = by_hand(["S00"])
    kept = np.array([True, True, False, True, True, True])
    news = result.cars.set_index("window").loc["news"]
    assert news["std_error"] == pytest.approx(np.sqrt(v[np.ix_(kept, kept)].sum()), rel=1e-10)
    (joint,) = result.tests[result.tests["window"] == "news"]["statistic"]
    solved = ar[kept] @ np.linalg.inv(v[np.ix_(kept, kept)]) @ ar[kept] / 5
    assert joint == pytest.approx(solved, rel=1e-9)


def test_sums_and_matrix_agree() -> None:
    rng = np.random.default_rng(1)
    weights, noise, rho = rng.normal(0, 1, (5, 9)), rng.uniform(0.1, 2, (5, 9)), np.array([-0.9, -0.2, 0.0, 0.3, 0.99])
    plain = [w @ serial_covariance(n, float(r)) @ w for w, n, r in zip(weights, noise, rho, strict=True)]
    np.testing.assert_allclose(serial_variance(weights, noise, rho), plain, rtol=1e-12)
    assert plain[2] == pytest.approx((weights[2] ** 2 * noise[2]).sum(), rel=1e-14)


def test_only_neighbours_make_a_product() -> None:
    e = np.array([[1.0, -1.0, np.nan, 2.0, -2.0]])
    # Two products where four residuals without a gap have three.
    assert first_order(e)[0] == pytest.approx((-1.0 - 4.0) / 10.0 * 3 / 2)
    assert first_order(np.zeros((1, 4))).tolist() == [0.0]


def test_gaps_do_not_shrink_it() -> None:
    rng, rho = np.random.default_rng(5), 0.5
    e = rng.normal(0, 1, (400, 240))
    for t in range(1, 240):
        e[:, t] = rho * e[:, t - 1] + np.sqrt(1 - rho**2) * e[:, t]
    whole = first_order(e).mean()
    holed = first_order(np.where(rng.random(e.shape) < 0.3, np.nan, e)).mean()
    assert whole == pytest.approx(rho, abs=0.02)
    assert holed == pytest.approx(whole, abs=0.01)


def test_scars_have_the_variance_one_where_disturbances_are_autocorrelated() -> None:
    """With rho = 0.3 and 11 days the variance is 1.76 times that of independent days."""
    rng, events, m, days, rho = np.random.default_rng(8), 6000, 240, 11, 0.3
    e = rng.normal(0, 0.02, (events, m + days))
    for t in range(1, m + days):
        e[:, t] = rho * e[:, t - 1] + np.sqrt(1 - rho**2) * e[:, t]
    market = rng.normal(0, 0.01, (events, m + days, 1))
    y = market[..., 0] + e
    fit = MarketModel("MKT").fit(Block(y[:, :m], market[:, :m], y[:, m:], market[:, m:]))
    car, shared = (y[:, m:] - fit.expected).sum(axis=1), (fit.spread.sum(axis=1) ** 2).sum(axis=1)
    ones = np.ones((events, days))
    exact = car / np.sqrt(serial_variance(ones, fit.noise, first_order(fit.residuals)) + shared)
    simple = car / np.sqrt(fit.noise.sum(axis=1) + shared)
    # The standard error of a variance of 6,000 is 0.018; the parameter error is that of independent days.
    assert exact.var() == pytest.approx(1.0, abs=0.08)
    assert simple.var() > 1.6


def test_an_option_that_is_none() -> None:
    with pytest.raises(UnknownNameError, match="ar2"):
        Study(autocorrelation="ar2")


def test_through_a_configuration(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "prices.csv", index=False)
    pd.DataFrame({"symbol": ["S00"], "date": [SESSIONS[FIRST + DAY0]], "timing": "before_open"}).to_csv(
        tmp_path / "events.csv", index=False
    )
    path = tmp_path / "study.yaml"
    path.write_text(
        """
        events: {source: csv, path: events.csv}
        prices: {source: csv, path: prices.csv, kind: returns}
        benchmark: MKT
        windows: {estimation: [-150, -11], event: [-5, 5], named: {news: [-2, 3]}}
        tests: [t]
        autocorrelation: ar1
        reaction: false
        """,
        encoding="utf-8",
    )
    (row,) = load(path).run().cars.to_dict("records")
    assert row["std_error"] == pytest.approx(np.sqrt(by_hand(["S00"])[2].sum()), rel=1e-9)

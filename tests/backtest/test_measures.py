"""Measures against empyrical-reloaded, quantstats, skfolio and statsmodels; see reference/make_measures.py."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from eventstudy.backtest import Backtest, Costs, Limits, measures, tradestats
from eventstudy.backtest.alpha import alpha, default_lags
from eventstudy.backtest.capacity import capacity
from eventstudy.reports.trading import sentences
from tests.backtest.made import day, events, flat, market
from tests.backtest.reference.make_measures import series

REFERENCE: dict[str, Any] = json.loads((Path(__file__).parent / "reference" / "measures.json").read_text("utf-8"))
OWN, MARKET = (each.to_numpy() for each in series())
FOUND = measures.sharpe(OWN)
TRIALS = np.array(REFERENCE["trials"])
TOLERANCE = 1e-12


@pytest.mark.parametrize(
    ("library", "name", "value"),
    [
        ("empyrical", "sharpe", FOUND.annual),
        ("empyrical", "sortino", measures.sortino(OWN)),
        ("empyrical", "max_drawdown", measures.drawdown(OWN).depth),
        ("empyrical", "calmar", measures.calmar(OWN)),
        ("empyrical", "annual_return", measures.annual_return(OWN)),
        ("empyrical", "annual_volatility", measures.volatility(OWN)),
        ("empyrical", "alpha_per_session", alpha(OWN, MARKET[:, None], ("market",)).value),
        ("empyrical", "beta", alpha(OWN, MARKET[:, None], ("market",)).loadings["market"]),
        ("quantstats", "sharpe", FOUND.annual),
        ("quantstats", "sortino", measures.sortino(OWN)),
        ("quantstats", "max_drawdown", measures.drawdown(OWN).depth),
        ("quantstats", "volatility", measures.volatility(OWN)),
        ("quantstats", "profit_factor", tradestats.profit_factor(OWN)),
        ("quantstats", "win_rate", tradestats.hit_rate(OWN)[0]),
        ("skfolio", "sharpe", FOUND.value),
        ("skfolio", "max_drawdown_compounded", -measures.drawdown(OWN).depth),
        ("skfolio", "probabilistic_sharpe", measures.probabilistic_sharpe(FOUND, 0.01)),
        ("skfolio", "expected_maximum_sharpe", measures.expected_maximum_sharpe(5, float(TRIALS.std(ddof=1)))),
        ("skfolio", "deflated_sharpe", measures.deflated_sharpe(FOUND, 5, float(TRIALS.std(ddof=1)))),
    ],
)
def test_against_another_library(library: str, name: str, value: float) -> None:
    tolerance = LOOSE.get((library, name), TOLERANCE)
    assert value == pytest.approx(REFERENCE[library][name], rel=tolerance)


# skfolio takes skewness and kurtosis with its own small-sample conventions; quantstats those of pandas.
LOOSE = {("skfolio", "probabilistic_sharpe"): 1e-9, ("skfolio", "deflated_sharpe"): 1e-9}


def test_quantstats_corrects_its_moments_for_the_sample() -> None:
    """Its skewness and kurtosis are those of pandas, with corrections that the paper does not have."""
    ours = measures.probabilistic_sharpe(FOUND)
    assert ours == pytest.approx(REFERENCE["quantstats"]["probabilistic_sharpe"], abs=5e-4)


def test_standard_errors_by_their_formulas() -> None:
    ratio = OWN.mean() / OWN.std(ddof=1)
    centred = OWN - OWN.mean()
    skew = (centred**3).mean() / OWN.std() ** 3
    kurtosis = (centred**4).mean() / OWN.std() ** 4
    assert kurtosis == pytest.approx(REFERENCE["skfolio"]["kurtosis"], rel=1e-3)
    variance = (1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2) / (len(OWN) - 1)
    assert FOUND.std_error == pytest.approx(np.sqrt(variance), rel=1e-12)
    assert FOUND.std_error_iid == pytest.approx(np.sqrt((1 + ratio**2 / 2) / len(OWN)), rel=1e-12)
    normal = np.random.default_rng(0).normal(0.001, 0.01, 200_000)
    both = measures.sharpe(normal)
    assert both.std_error == pytest.approx(both.std_error_iid, rel=0.01)


def test_autocorrelation_factor_of_lo() -> None:
    """Lo (2002), eq. 20: for an AR(1) the factor has the closed form of his table 2."""
    rho, q = 0.3, 12
    lags = np.arange(1, q)
    closed = q / np.sqrt(q + 2 * ((q - lags) * rho**lags).sum())
    rng = np.random.default_rng(3)
    noise = rng.normal(size=400_000)
    made = np.empty_like(noise)
    made[0] = noise[0]
    for k in range(1, len(noise)):
        made[k] = rho * made[k - 1] + noise[k]
    assert measures.autocorrelation_factor(made, q, lags=q - 1) == pytest.approx(closed, rel=0.01)
    assert measures.autocorrelation_factor(noise, q, lags=q - 1) == pytest.approx(np.sqrt(q), rel=0.01)


def test_drawdown_names_its_dates() -> None:
    fall = measures.drawdown(np.array([-0.1, 0.2, 0.1, -0.5, 0.1, 1.5, -0.1]))
    assert (fall.peak, fall.trough, fall.recovery, fall.length) == (3, 4, 6, 3)
    assert fall.depth == pytest.approx(-0.5)
    never = measures.drawdown(np.array([-0.1, -0.1, 0.05]))
    assert (never.peak, never.trough, never.recovery, never.length) == (0, 2, None, 3)
    none = measures.drawdown(np.array([0.1, 0.0, 0.1]))
    assert (none.depth, none.length) == (0.0, 0)


def test_deflation_by_the_number_of_trials() -> None:
    """The paper's point: the more were tried, the less the best one means; one trial deflates nothing."""
    values = [measures.deflated_sharpe(FOUND, count, 0.02) for count in (1, 2, 10, 100)]
    assert values[0] == measures.probabilistic_sharpe(FOUND)
    assert values == sorted(values, reverse=True)
    # Expected maximum of 100 standard normals is about 2.51 (Bailey and Lopez de Prado 2014 have the approximation).
    assert measures.expected_maximum_sharpe(100, 1.0) == pytest.approx(2.5306, abs=1e-4)


@pytest.mark.parametrize("series_", [np.zeros(10), np.full(10, 0.01), np.array([0.01]), np.array([])])
def test_what_can_not_be_told_is_not_a_number(series_: np.typing.NDArray[np.float64]) -> None:
    assert np.isnan(measures.sharpe(series_).value)
    assert np.isnan(measures.probabilistic_sharpe(measures.sharpe(series_)))


@pytest.mark.parametrize("lags", [0, 3, 6])
def test_alpha_is_that_of_statsmodels(lags: int) -> None:
    from statsmodels.api import OLS, add_constant

    factors = np.column_stack([MARKET, np.roll(MARKET, 3) ** 2])
    fit = OLS(OWN, add_constant(factors)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
    )
    found = alpha(OWN, factors, ("market", "other"), lags=lags)
    assert found.value == pytest.approx(fit.params[0], rel=1e-10)
    assert found.std_error == pytest.approx(fit.bse[0], rel=1e-10)
    assert found.p_value == pytest.approx(fit.pvalues[0], rel=1e-8)
    assert list(found.loadings.values()) == pytest.approx(fit.params[1:].tolist(), rel=1e-9)


def test_weighted_alpha_is_that_of_statsmodels() -> None:
    from statsmodels.api import WLS, add_constant

    weights = 1.0 + np.arange(len(OWN)) % 7
    fit = WLS(OWN, add_constant(MARKET), weights=weights).fit()
    found = alpha(OWN, MARKET[:, None], ("market",), weights=weights)
    assert (found.value, found.std_error) == pytest.approx((fit.params[0], fit.bse[0]), rel=1e-10)
    assert default_lags(100) == 4


def test_alpha_without_room_says_so() -> None:
    assert np.isnan(alpha(np.array([0.01]), None).value)
    assert np.isnan(alpha(OWN[:5], np.ones((5, 1)), ("same",)).value)


def test_wilson_is_that_of_statsmodels() -> None:
    from statsmodels.stats.proportion import proportion_confint

    for wins, count in ((0, 5), (3, 10), (70, 100)):
        assert tradestats.wilson(wins, count) == pytest.approx(
            proportion_confint(wins, count, method="wilson"), abs=1e-9
        )


def test_bootstrap_takes_a_date_as_one_observation() -> None:
    """Ten dates with a hundred equal trades each are ten observations: the error is that of ten means."""
    rng = np.random.default_rng(4)
    means = rng.normal(0.01, 0.02, 10)
    returns, dates = np.repeat(means, 100), np.repeat(np.arange("2024-01-01", "2024-01-11", dtype="datetime64[D]"), 100)
    found = tradestats.bootstrap_by_date(returns, dates, draws=20_000)
    assert found.clusters == 10
    assert found.std_error == pytest.approx(means.std(ddof=1) / np.sqrt(10), rel=0.03)
    # Ten dates are few: the interval and the p-value are those of a t test of the ten means.
    plain = stats.ttest_1samp(means, 0.0)
    low, high = plain.confidence_interval()
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.03 * (high - low))
    assert found.p_value == pytest.approx(plain.pvalue, abs=0.02)
    assert found == tradestats.bootstrap_by_date(returns, dates, draws=20_000)
    assert np.isnan(tradestats.bootstrap_by_date(returns[:100], dates[:100]).std_error)


def test_leave_one_out_adds_up() -> None:
    profits, labels = np.array([5.0, -2.0, 7.0, 1.0]), np.array(["a", "b", "a", "c"], dtype=object)
    rows = tradestats.leave_one_out(profits, profits / 100, labels)
    assert [row["without"] for row in rows] == ["a", "c", "b"]
    assert all(row["net_of_it"] + row["net_of_rest"] == 11.0 for row in rows)  # type: ignore[operator]


def test_deciles_of_a_monotone_signal() -> None:
    values = np.linspace(-1, 1, 200)
    rows, correlation = tradestats.quantile_means(values, {"gross_return": values * 0.1})
    assert [row["trades"] for row in rows] == [20] * 10
    assert correlation == pytest.approx(1.0)
    assert tradestats.quantile_means(np.ones(50), {"gross_return": np.ones(50)})[0] == []


def test_capacity_halves_the_sharpe_ratio() -> None:
    rng = np.random.default_rng(5)
    gross = rng.normal(0.001, 0.01, 500)
    impact = np.full(500, 0.0001)
    found = capacity(gross - impact, impact, np.zeros(500), 1e6)
    # Constant impact: mean(gross) - sqrt(k) 0.0001 is half of mean(gross).
    assert found.equity == pytest.approx(1e6 * (gross.mean() / 2 / 0.0001) ** 2, rel=1e-6)
    assert capacity(gross, np.zeros(500), np.zeros(500), 1e6).equity == np.inf
    assert np.isnan(capacity(-np.abs(gross), impact, np.zeros(500), 1e6).equity)


def test_a_single_day_has_no_measures() -> None:
    """Prices of one session and an event long before it: an account that opens and ends on it."""
    prices, table = market({"AAA": flat(1)}), events([{"symbol": "AAA", "day": -300}])
    net = Backtest(side="1", entry="open", exit_after=2).run(table, prices).performance["net"]
    unknown = ["annual_return", "volatility", "sharpe", "sharpe_autocorrelation", "sortino", "calmar"]
    assert [name for name in unknown if not np.isnan(net[name]["value"])] == []
    assert net["total_return"]["value"] == 0.0
    assert (net["max_drawdown"]["value"], net["max_drawdown"]["peak"]) == (0.0, day(0))
    one = np.array([0.01])
    assert measures.annual_return(one) == pytest.approx(1.01**252 - 1)
    assert np.isnan(measures.autocorrelation_factor(one))
    assert np.isnan(measures.sortino(one))
    assert measures.sortino(np.array([0.03, -0.01])) == pytest.approx(252**0.5 * 0.01 / (0.0001 / 2) ** 0.5)


@pytest.mark.parametrize("price", [200.0, 250.0])
def test_after_a_ruin_there_are_no_returns(price: float) -> None:
    """Short for a whole million at 100: at 200 nothing is left, at 250 half a million is owed."""
    values = [100.0] * 7 + [price] * 273
    prices = market({"AAA": {"open": values, "close": values}})
    rule = Backtest(side="-1", entry="open", exit_after=265, limits=Limits(positions=1, adv=None), costs=Costs.none())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = rule.run(events([{"symbol": "AAA", "day": 5}]), prices)
        performance = found.performance
    lost = 1.0 - price / 100
    assert found.days.equity[-1] == pytest.approx(1_000_000 * (1 + lost))
    assert found.returns[:3].tolist() == pytest.approx([0.0, 0.0, lost])
    assert np.isnan(found.returns[3:]).all()
    net = performance["net"]
    assert (net["total_return"]["value"], net["max_drawdown"]["value"]) == pytest.approx((lost, lost))
    assert np.isnan(
        [net[name]["value"] for name in ("sharpe", "sortino", "volatility", "deflated_sharpe", "calmar")]
    ).all()
    assert sentences(performance)[0].startswith("1 trade from ")
    assert sentences(performance)[1].startswith("There is no Sharpe ratio: ")
    luck = "There is no Sharpe ratio, and so no probability that a true one is above luck."
    assert luck in found.honesty(draws=0).verdict
    first, second = performance["by_year"]
    assert (first["net_return"], first["max_drawdown"]) == pytest.approx((lost, lost))
    assert np.isnan([second["net_return"], second["gross_return"], second["max_drawdown"]]).all()
    assert f"On {day(7)} nothing was left of the equity; later returns are not known." in performance["notes"]

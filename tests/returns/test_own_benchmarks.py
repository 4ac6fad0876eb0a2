"""Benchmarks that differ from event to event: columns of the events, matches, portfolios, peers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.events import Events, place
from eventstudy.panels import FactorPanel, PricePanel
from eventstudy.returns import (
    CAPM,
    AbnormalReturns,
    BuyAndHold,
    CharacteristicModel,
    ExpectedReturnModel,
    MarketAdjustedModel,
    MarketModel,
    MatchedModel,
    Regressors,
    Windows,
    align,
    check_models,
    event_sessions,
    measure,
    measure_abnormal_returns,
    on_price_venue,
)
from tests.made_up import FIRST, SESSIONS, made_up_returns

WINDOWS = Windows(estimation=(-100, -11), event=(-5, 5), named={"all": (-5, 5)}, min_obs=60)
FRAME = made_up_returns(seed=8, symbols=6, sessions=300)
WIDE = FRAME.pivot_table(index="date", columns="symbol", values="return", dropna=False).to_numpy()
COLUMN = {name: place_ for place_, name in enumerate(["MKT", "S00", "S01", "S02", "S03", "S04", "S05"])}
EVENT = slice(195, 206)


def run(
    model: ExpectedReturnModel,
    frame: pd.DataFrame = FRAME,
    factors: FactorPanel | None = None,
    kind: str = "simple",
) -> AbnormalReturns:
    """Run a model on an event of S00 and one of S01 on session 200."""
    table = pd.DataFrame(
        {
            "symbol": ["S00", "S01"],
            "date": str(SESSIONS[FIRST + 200]),
            "timing": "before_open",
            "index": ["S02", "MKT"],
            "match": ["S02;S03", "S04"],
            "portfolio": ["S02+S03", "S05"],
            "style": ["growth", ""],
            "excess": ["mkt_rf", "mkt_rf"],
            "either": ["mkt_rf", "MKT"],
            "sector": ["tech", "tech"],
        }
    )
    prices = PricePanel.from_frame(frame)
    panel = measure(prices, kind)
    events = on_price_venue(Events.from_frame(table), prices.listing)
    placed = place(events)
    aligned = align(events, placed, panel, WINDOWS)
    codes = panel.listing.codes(events.symbol)
    regressors = Regressors(panel, factors, columns=events.groups)
    check_models([model], panel, regressors)
    regressors = regressors.of_events(aligned.code, events.groups, aligned.row, event_sessions(codes, placed.day0))
    return measure_abnormal_returns(aligned, panel, model, regressors, hold=BuyAndHold())[0]


def test_each_event_names_its_own_benchmark() -> None:
    abnormal = run(MarketAdjustedModel("index"))
    np.testing.assert_allclose(abnormal.expected, WIDE[EVENT][:, [COLUMN["S02"], COLUMN["MKT"]]].T, rtol=1e-15)
    both = run(MarketModel("MKT", also=("index",)))
    fitted = run(MarketModel("MKT", also=("S02",)))
    assert both.estimates.names == ("alpha", "beta", "beta_index")
    # Events that share designs by date are fitted from a common factorisation, which adds up in another order.
    np.testing.assert_allclose(both.expected[0], fitted.expected[0], rtol=1e-12)
    # The second event names the market itself: two identical columns.
    assert both.estimates.reason.tolist() == [Reason.OK, Reason.DEGENERATE_ESTIMATION]
    assert both.estimates.detail[1] == "index does not vary apart from the columns before it"


def test_a_match_that_stops_trading_is_replaced() -> None:
    gone = FRAME[~((FRAME["symbol"] == "S02") & (FRAME["date"] > SESSIONS[FIRST + 201]))]
    abnormal = run(MatchedModel(), gone)
    spliced = np.where(np.arange(195, 206) <= 201, WIDE[EVENT, COLUMN["S02"]], WIDE[EVENT, COLUMN["S03"]])
    np.testing.assert_array_equal(abnormal.expected[0], spliced)
    np.testing.assert_array_equal(abnormal.expected[1], WIDE[EVENT, COLUMN["S04"]])
    firm = WIDE[EVENT, COLUMN["S00"]]
    assert abnormal.car("all").bhar[0] == pytest.approx(np.prod(1 + firm) - np.prod(1 + spliced), rel=1e-12)


def test_matches_by_mapping() -> None:
    by_column, by_symbol = run(MatchedModel()), run(MatchedModel({"S00": "S02;S03", "S01": "S04"}))
    np.testing.assert_array_equal(by_column.ar, by_symbol.ar)
    with pytest.raises(UnknownNameError, match="'S09'"):
        run(MatchedModel({"S00": "S09"}))


def test_a_portfolio_is_averaged_in_abnormal_returns_and_held_in_buy_and_hold() -> None:
    abnormal = run(CharacteristicModel())
    members = WIDE[EVENT][:, [COLUMN["S02"], COLUMN["S03"]]]
    np.testing.assert_allclose(abnormal.expected[0], members.mean(axis=1), rtol=1e-14)
    held = np.prod(1 + members, axis=0).mean()
    firm = np.prod(1 + WIDE[EVENT, COLUMN["S00"]])
    assert abnormal.car("all").bhar[0] == pytest.approx(firm - held, rel=1e-12)
    estimation = slice(100, 190)
    apart = WIDE[estimation, COLUMN["S00"]] - WIDE[estimation][:, [COLUMN["S02"], COLUMN["S03"]]].mean(axis=1)
    assert abnormal.estimates.sigma[0] == pytest.approx(apart.std(ddof=1), rel=1e-12)


def test_a_portfolio_may_be_a_factor_and_none_is_a_reason() -> None:
    dates = SESSIONS[FIRST : FIRST + 300]
    growth = np.random.default_rng(1).normal(0, 0.01, 300)
    factors = FactorPanel.from_frame(pd.DataFrame({"date": dates, "growth": growth}))
    abnormal = run(CharacteristicModel("style"), factors=factors)
    np.testing.assert_array_equal(abnormal.expected[0], growth[EVENT])
    assert abnormal.estimates.reason.tolist() == [Reason.OK, Reason.TOO_FEW_ESTIMATION_DAYS]
    assert abnormal.estimates.detail[1] == "0 complete rows, 60 needed"


def test_a_factor_that_events_name_is_an_excess_return_already() -> None:
    dates, market, riskless = SESSIONS[FIRST : FIRST + 300], WIDE[:, COLUMN["MKT"]], np.linspace(1e-4, 5e-4, 300)
    table = pd.DataFrame({"date": dates, "mkt_rf": market - riskless, "rf": riskless})
    factors = FactorPanel.from_frame(table)
    by_column, by_name = run(CAPM("excess"), factors=factors), run(CAPM("mkt_rf"), factors=factors)
    np.testing.assert_allclose(by_column.ar, by_name.ar, rtol=0, atol=1e-15)
    np.testing.assert_allclose(by_column.car("all").bhar, by_name.car("all").bhar, rtol=1e-12)
    fit = sm.OLS(WIDE[100:190, COLUMN["S00"]] - riskless[100:190], sm.add_constant((market - riskless)[100:190])).fit()
    np.testing.assert_allclose(by_column.estimates.parameters[0], fit.params, rtol=1e-9)
    with pytest.raises(InputError, match="'capm' takes the riskless return off a market that is none of the factors"):
        run(CAPM("either"), factors=factors)
    with pytest.raises(InputError, match="published factors are simple returns"):
        run(MarketModel("excess"), factors=factors, kind="log")


def test_peers_leave_the_event_out() -> None:
    abnormal = run(MarketAdjustedModel("peers"))
    others = np.delete(WIDE[EVENT], COLUMN["S00"], axis=1).mean(axis=1)
    np.testing.assert_allclose(abnormal.expected[0], others, rtol=1e-12)
    of_sector = run(MarketAdjustedModel("peers:sector"))
    np.testing.assert_allclose(of_sector.expected[0], WIDE[EVENT, COLUMN["S01"]], rtol=1e-12)
    np.testing.assert_allclose(of_sector.expected[1], WIDE[EVENT, COLUMN["S00"]], rtol=1e-12)
    with pytest.raises(UnknownNameError, match="peers:sektor"):
        run(MarketAdjustedModel("peers:sektor"))


def test_peers_with_holes() -> None:
    frame = FRAME.copy()
    frame.loc[(frame["symbol"] == "S03") & (frame["date"] == SESSIONS[FIRST + 198]), "return"] = np.nan
    frame.loc[(frame["symbol"] == "S00") & (frame["date"] == SESSIONS[FIRST + 199]), "return"] = np.nan
    abnormal = run(MarketAdjustedModel("peers"), frame)
    wide = frame.pivot_table(index="date", columns="symbol", values="return", dropna=False).to_numpy()
    others = np.nanmean(np.delete(wide[EVENT], COLUMN["S00"], axis=1), axis=1)
    np.testing.assert_allclose(abnormal.expected[0], others, rtol=1e-12)


def test_a_benchmark_on_other_sessions_is_refused() -> None:
    from eventstudy.calendars import get_calendar

    days = get_calendar("XTKS").sessions
    start = np.searchsorted(days, SESSIONS[FIRST])
    rows = pd.DataFrame({"date": days[start : start + 300], "symbol": "1321.T", "return": 0.001})
    with pytest.raises(InputError, match=r"names 1321\.T, which trades on XTKS"):
        run(MatchedModel({"S00": "1321.T"}), pd.concat([FRAME, rows]))

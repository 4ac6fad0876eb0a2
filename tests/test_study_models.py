"""The family of models, and what is measured, through a study and through a configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.config import load
from eventstudy.errors import BiasWarning, InputError, UnknownNameError
from eventstudy.events import Events
from eventstudy.execution import Engine
from eventstudy.panels import FactorPanel, PricePanel
from eventstudy.returns import (
    BuyAndHold,
    DimsonModel,
    ExpectedReturnModel,
    FactorModel,
    HuberModel,
    MarketModel,
    SyntheticControlModel,
    Windows,
    average_cars,
)
from eventstudy.study import Study
from tests.made_up import FIRST, SESSIONS, made_up_returns

WINDOWS = Windows(estimation=(-120, -11), event=(-5, 5), named={"reaction": (0, 1)}, min_obs=60)
FRAME = made_up_returns(seed=77, symbols=6, sessions=300)
DATES = SESSIONS[FIRST : FIRST + 300]
RNG = np.random.default_rng(3)
FACTORS = FactorPanel.from_frame(
    pd.DataFrame(
        {"date": DATES, "rf": 1e-4, "mkt_rf": FRAME.loc[FRAME["symbol"] == "MKT", "return"] - 1e-4}
        | {name: RNG.normal(0, 0.005, 300) for name in ("smb", "hml", "rmw", "cma", "mom")}
    )
)
EVENTS = Events.from_frame(
    pd.DataFrame(
        {
            "symbol": ["S00", "S01", "S02", "S03"],
            "date": [str(DATES[day]) for day in (180, 200, 220, 240)],
            "timing": "before_open",
            "match": ["S04", "S05", "S04", "S05"],
            "portfolio": "S04+S05",
            "sector": ["tech", "tech", "bank", "bank"],
            "size": [1.0, 2.0, 3.0, 4.0],
        }
    )
)
STUDY = Study(windows=WINDOWS, benchmark="MKT", reaction=False, tests=["t", "cross_sectional"])
EVERY_MODEL = [
    "raw",
    "mean_adjusted",
    "market_adjusted",
    "market",
    "capm",
    FactorModel(("mkt_rf", "mom")),
    "ff3",
    "ff5",
    "carhart",
    "scholes_williams",
    "dimson",
    DimsonModel(dynamic=True),
    HuberModel(recentre=True),
    "matched",
    "characteristic",
    SyntheticControlModel(intercept=True),
    "elastic_net",
    "garch",
    "egarch",
]


def test_every_model_in_one_study() -> None:
    models = {f"{place} {each if isinstance(each, str) else each.kind}": each for place, each in enumerate(EVERY_MODEL)}
    result = replace(STUDY, models=models).run(EVENTS, PricePanel.from_frame(FRAME), FACTORS)
    cars = result.cars
    assert len(cars) == 4 * len(EVERY_MODEL)
    assert cars["car"].notna().all()
    assert (cars["reason"] == "").all()
    assert (cars["std_error"] > 0).all()
    assert cars["bhar"].notna().all()
    estimates = result.estimates.set_index("model")
    assert estimates.loc["4 capm", "beta"].tolist() == pytest.approx(
        estimates.loc["3 market", "beta"].tolist(), rel=1e-6
    )
    assert (estimates.loc["17 garch", "detail"] == "least squares: 110 returns, 250 needed").all()
    donors = estimates.loc["15 synthetic_control", "detail"]
    assert all("S0" in text or "MKT" in text for text in donors)


def test_diagnostics_are_columns_when_asked_for() -> None:
    plain = STUDY.run(EVENTS, PricePanel.from_frame(FRAME)).estimates
    asked = replace(STUDY, diagnostics=True).run(EVENTS, PricePanel.from_frame(FRAME)).estimates
    new = [column for column in asked if column not in plain]
    assert new == [
        "durbin_watson",
        "arch_lm",
        "arch_lm_p",
        "jarque_bera",
        "jarque_bera_p",
        "condition_number",
        "mean_residual",
        "mean_residual_t",
    ]
    assert asked[new].notna().all().all()
    pd.testing.assert_frame_equal(asked[plain.columns.tolist()], plain)
    assert list(asked.columns)[-2:] == ["reason", "detail"]


def test_log_returns_and_published_factors_do_not_mix_unless_somebody_says_so() -> None:
    log = replace(STUDY, models=["ff3"], returns="log")
    with pytest.raises(InputError, match="published factors are simple returns while the study measures log returns"):
        log.run(EVENTS, PricePanel.from_frame(FRAME), FACTORS)
    assert replace(log, log_factors=True).run(EVENTS, PricePanel.from_frame(FRAME), FACTORS).cars["car"].notna().all()
    volume = replace(STUDY, models=["ff3"], returns="volume")
    with pytest.raises(InputError, match="'ff3' explains returns, and the study measures volume"):
        volume.run(EVENTS, PricePanel.from_frame(traded()), FACTORS)


def traded() -> pd.DataFrame:
    parts = []
    for number, (symbol, table) in enumerate(FRAME.groupby("symbol")):
        rng = np.random.default_rng(number)
        close = 50 * np.cumprod(1 + table["return"].to_numpy())
        volume = np.round(1e6 * rng.lognormal(0, 0.3, 300))
        volume[180:242] *= 3 if symbol == "S00" else 1
        parts.append(pd.DataFrame({"date": DATES, "symbol": symbol, "close": close, "volume": volume}))
    return pd.concat(parts)


def test_abnormal_volume_through_the_same_frame() -> None:
    study = replace(STUDY, returns="volume", models=["mean_adjusted", MarketModel("equal_weighted")], reaction=True)
    prices = PricePanel.from_frame(traded())
    result = study.run(EVENTS, prices)
    cars = result.cars.set_index(["event_id", "model"])
    jump = cars.xs("mean_adjusted", level="model").iloc[0]["car"]
    assert jump == pytest.approx(2 * np.log(3), abs=1.0)  # trebled on both days of the window
    assert cars["bhar"].isna().all()
    shares = pd.DataFrame({"date": ["2019-01-01"] * 7, "symbol": prices.symbols, "shares": 1e9})
    turnover = study.run(EVENTS, prices, shares=shares).cars.set_index(["event_id", "model"])
    # A constant number of shares falls out of the difference, but for the constant that keeps zero finite.
    np.testing.assert_allclose(turnover["car"], cars["car"], atol=5e-3)


def test_gaps_between_trades() -> None:
    table = traded()
    table.loc[(table["symbol"] == "S01") & table["date"].isin([DATES[150], DATES[200]]), "close"] = np.nan
    prices = PricePanel.from_frame(table)
    dropped = replace(STUDY, returns="log").run(EVENTS, prices).cars
    spanned = replace(STUDY, returns="log", missing="trade_to_trade").run(EVENTS, prices)
    assert dropped["car"].isna().tolist() == [False, True, False, False]
    assert spanned.cars["car"].notna().all()
    assert spanned.estimates["n_obs"].tolist() == [110, 109, 110, 110]
    with pytest.raises(UnknownNameError, match="Did you mean 'trade_to_trade'"):
        replace(STUDY, missing="trade-to-trade")


def test_a_robust_line_under_skewed_returns_warns() -> None:
    rng = np.random.default_rng(1)
    skewed = FRAME.assign(**{"return": FRAME["return"] + rng.exponential(0.03, len(FRAME)) - 0.03})
    prices = PricePanel.from_frame(skewed)
    with pytest.warns(BiasWarning, match=r"estimation residuals of huber have the mean .*e-03 over all events"):
        replace(STUDY, models=["huber"]).run(EVENTS, prices)
    replace(STUDY, models=[HuberModel(recentre=True)]).run(EVENTS, prices)  # a warning would be an error


def test_averages_by_group_and_weight() -> None:
    study = replace(STUDY, group_by=["sector"], balanced=False, hold=BuyAndHold(benchmark="model"))
    result = study.run(EVENTS, PricePanel.from_frame(FRAME))
    found = result.models["market"]
    cars = found.cars["reaction"]
    size = result.events.values["size"][result.aligned.row]
    average = average_cars(cars, result.groups["sector=tech"], "weighted", weights=size)
    of_tech = result.cars.set_index("event_id")["car"].iloc[:2]
    assert average.estimate == pytest.approx((of_tech.iloc[0] + 2 * of_tech.iloc[1]) / 3, rel=1e-12)
    assert not found.averages["all"].same_events
    table = result.averages("weighted", weights="size").set_index("group")
    assert table.loc["sector=tech", "estimate"] == average.estimate
    assert result.averages("abhar")["n"].tolist() == [4, 2, 2]
    with pytest.raises(UnknownNameError, match="Did you mean 'size'"):
        result.averages("weighted", weights="sise")


@pytest.mark.parametrize(
    ("engine", "given"),
    # Each model starts processes of its own: those whose blocks carry more than arrays will do.
    [("threads", EVERY_MODEL), ("processes", ["characteristic", "elastic_net", MarketModel("peers:sector")])],
    ids=["threads", "processes"],
)
def test_every_model_gives_the_same_bits_on_every_engine(engine: str, given: list[str | ExpectedReturnModel]) -> None:
    models = {f"{place} {each if isinstance(each, str) else each.kind}": each for place, each in enumerate(given)}
    study = replace(STUDY, models=models, diagnostics=True)
    prices = PricePanel.from_frame(FRAME)
    one = study.run(EVENTS, prices, FACTORS)
    backwards = EVENTS.take(np.arange(4)[::-1])
    other = replace(study, engine=Engine(name=engine, workers=2)).run(backwards, prices, FACTORS)
    pd.testing.assert_frame_equal(one.abnormal_returns, other.abnormal_returns, check_exact=True)
    pd.testing.assert_frame_equal(one.estimates, other.estimates, check_exact=True)


def test_a_configuration_knows_the_options(tmp_path: Path) -> None:
    EVENTS.to_frame()[["symbol", "date", "timing", "match", "sector"]].to_csv(tmp_path / "events.csv", index=False)
    FRAME.dropna().to_csv(tmp_path / "prices.csv", index=False)
    path = tmp_path / "study.yaml"
    path.write_text(
        """
        events: {source: csv, path: events.csv}
        prices: {source: csv, path: prices.csv, kind: returns}
        benchmark: MKT
        windows: {estimation: [-120, -60], estimation_after: [20, 50], event: [-5, 5], named: {reaction: [0, 1]}}
        models: [market, {kind: market, also: [match], name: with its match}, matched, {kind: dimson, p: 2},
                 {kind: huber, recentre: true}, {kind: synthetic_control, donors: [S04, S05]},
                 {kind: market_adjusted, benchmark: "peers:sector", centred: false}]
        tests: [t]
        diagnostics: true
        balanced: false
        hold: {delisting: cash}
        group_by: ["sector*match"]
        reaction: false
        """,
        encoding="utf-8",
    )
    configured = load(path)
    assert configured.study.windows.looks_ahead
    assert configured.study.hold == BuyAndHold(delisting="cash")
    result = configured.run()
    assert list(result.models) == [
        "market",
        "with its match",
        "matched",
        "dimson",
        "huber",
        "synthetic_control",
        "market_adjusted:peers:sector",
    ]
    assert result.cars["car"].notna().all()
    assert result.estimates["durbin_watson"].notna().all()
    assert "sector=bank,match=S04" in result.groups

"""The rank of an event among its donors: against a general solver in a plain loop, and its exact size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from eventstudy.config import load
from eventstudy.errors import InputError, Reason
from eventstudy.execution import Engine
from eventstudy.inference import SyntheticPlacebo, TestResult
from eventstudy.panels import PricePanel
from eventstudy.returns import ElasticNetModel, SyntheticControlModel, Windows
from eventstudy.returns.models import Block
from eventstudy.study import Study
from tests.made_up import made_up_events, made_up_returns

FRAME = made_up_returns(seed=11, symbols=7, sessions=200)
WINDOWS = Windows(estimation=(-80, -11), event=(-3, 3), named={"reaction": (0, 2)}, min_obs=60)
STUDY = Study(
    windows=WINDOWS, models=[SyntheticControlModel()], tests=[SyntheticPlacebo(fewest=3)], reaction=False, screens=()
)
DAY0 = 150


def general(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return weights on the simplex by sequential quadratic programming."""
    j = x.shape[1]
    solved: Any = minimize(
        lambda w: 1e4 * ((y - x @ w) ** 2).sum(),
        np.full(j, 1 / j),
        method="SLSQP",
        bounds=[(0, 1)] * j,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    return np.asarray(solved.x)


def by_hand(own: str, kind: str) -> list[float]:
    """Return the statistic of a symbol and of each other one in its place, the plainest way."""
    wide = FRAME.pivot_table(index="date", columns="symbol", values="return")
    before, window = wide.iloc[DAY0 - 80 : DAY0 - 10], wide.iloc[DAY0 : DAY0 + 3]
    found = []
    for each in [own, *(name for name in wide.columns if name != own)]:
        others = [name for name in wide.columns if name != each]
        w = general(before[each].to_numpy(), before[others].to_numpy())
        rmspe = np.sqrt(((before[each] - before[others] @ w) ** 2).mean())
        gap = (window[each] - window[others] @ w).to_numpy()
        ratio = np.sqrt((gap**2).mean()) / rmspe
        found.append(gap.sum() / (rmspe * np.sqrt(3)) if kind == "car" else ratio)
    return found


def one(study: Study, symbol: str = "S00", frame: pd.DataFrame = FRAME) -> TestResult:
    result = study.run(made_up_events([symbol], [DAY0]), PricePanel.from_frame(frame))
    (model,) = result.models.values()
    (tested,) = model.tests
    return tested.outcome


@pytest.mark.parametrize("symbol", ["S00", "S03"])
@pytest.mark.parametrize("kind", ["car", "rmspe_ratio"])
def test_the_rank_is_that_of_a_plain_loop(symbol: str, kind: str) -> None:
    found = one(_with(SyntheticPlacebo(statistic=kind, fewest=3)), symbol)
    own, *donors = by_hand(symbol, kind)
    assert found.statistic == pytest.approx(own, rel=1e-4)
    assert found.p_value == (1 + sum(abs(each) >= abs(own) for each in donors)) / 8
    assert found.distribution == "placebo(7)"
    assert found.reason == Reason.OK


def test_a_side_counts_signs() -> None:
    own, *donors = by_hand("S00", "car")
    greater = one(_with(SyntheticPlacebo(alternative="greater", fewest=3)))
    assert greater.p_value == (1 + sum(each >= own for each in donors)) / 8


def test_a_large_effect_has_the_least_p_value_there_is() -> None:
    moved = FRAME.copy()
    day = moved[moved["symbol"] == "S00"].index[DAY0]
    moved.loc[day, "return"] += 0.5
    for kind in ("car", "rmspe_ratio"):
        assert one(_with(SyntheticPlacebo(statistic=kind, fewest=3)), frame=moved).p_value == 1 / 8


def test_reasons() -> None:
    few = one(_with(SyntheticPlacebo()))
    assert (few.reason, np.isnan(few.p_value), np.isnan(few.statistic)) == (Reason.TOO_FEW_DONORS, True, True)
    none = one(Study(windows=WINDOWS, models=["raw"], tests=["synthetic_placebo"], reaction=False, screens=()))
    assert none.reason == Reason.NEEDS_DONORS
    still = FRAME.copy()
    still.loc[still["symbol"] == "S06", "return"] = 0.0
    left_out = one(_with(SyntheticPlacebo(fewest=3)), frame=still)
    assert (left_out.distribution, left_out.notes) == ("placebo(6)", "1 donors could be no placebo")
    with pytest.raises(InputError, match="has no sign"):
        SyntheticPlacebo(statistic="rmspe_ratio", alternative="less")
    with pytest.raises(InputError, match="at least 1"):
        SyntheticPlacebo(fewest=0)


def test_a_session_that_the_firm_lacks_is_a_session_of_nobody() -> None:
    holed = FRAME.copy()
    day = holed[holed["symbol"] == "S00"].index[DAY0 + 1]
    holed.loc[day, "return"] = np.nan
    windows = Windows(estimation=(-80, -11), event=(-3, 3), named={"reaction": (0, 2)}, min_obs=60, min_coverage=0.5)
    study = Study(
        windows=windows, models=["synthetic_control"], tests=[SyntheticPlacebo(fewest=3)], reaction=False, screens=()
    )
    found = one(study, frame=holed)
    wide = FRAME.pivot_table(index="date", columns="symbol", values="return")
    before, window = wide.iloc[DAY0 - 80 : DAY0 - 10], wide.iloc[[DAY0, DAY0 + 2]]
    donors = [name for name in wide.columns if name != "S00"]
    w = general(before["S00"].to_numpy(), before[donors].to_numpy())
    rmspe = np.sqrt(((before["S00"] - before[donors] @ w) ** 2).mean())
    assert found.statistic == pytest.approx((window["S00"] - window[donors] @ w).sum() / rmspe / np.sqrt(2), rel=1e-4)


class Donors:
    def __init__(self, estimation: np.ndarray, event: np.ndarray) -> None:
        self.returns = estimation, event

    def of(self, event: int) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:  # noqa: ARG002
        return tuple(f"D{j}" for j in range(self.returns[0].shape[1])), *self.returns


@pytest.mark.parametrize("model", [SyntheticControlModel(), ElasticNetModel()])
def test_the_rank_is_uniform_where_firm_and_donors_are_alike(model: SyntheticControlModel | ElasticNetModel) -> None:
    """Five securities of one kind: each of the five ranks has the probability 1/5 exactly."""
    rng, samples = np.random.default_rng(3), 500
    counts = np.zeros(5)
    for _ in range(samples):
        returns = rng.normal(0, 0.01, (41, 5)) + rng.normal(0, 0.01, (41, 1))
        before, day = returns[:40], returns[40:]
        block = Block(
            before[None, :, 0],
            np.empty((1, 40, 0)),
            day[None, :, 0],
            np.empty((1, 1, 0)),
            donors=Donors(before[:, 1:], day[:, 1:]),
        )
        gaps = model.placebos(0, block)
        sizes = np.abs(gaps.abnormal[:, 0]) / gaps.rmspe
        counts[int((sizes > sizes[0]).sum())] += 1
    # Four standard errors of a share of 1/5.
    assert np.abs(counts / samples - 0.2).max() < 4 * np.sqrt(0.16 / samples)


@pytest.mark.filterwarnings("ignore::eventstudy.errors.BiasWarning")
@pytest.mark.parametrize("engine", ["threads", "processes"])
def test_any_engine_and_order(engine: str) -> None:
    prices, events = PricePanel.from_frame(FRAME), made_up_events(["S00", "S01", "S02"], [DAY0])
    plain = STUDY.run(events, prices).tests
    other = replace(STUDY, engine=Engine(name=engine, workers=2)).run(events.take(np.array([2, 0, 1])), prices).tests
    assert plain.equals(other)
    assert plain["p_value"].notna().all()


def test_through_a_configuration(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "prices.csv", index=False)
    made_up_events(["S00"], [DAY0]).to_frame()[["symbol", "date", "timing"]].to_csv(
        tmp_path / "events.csv", index=False
    )
    path = tmp_path / "study.yaml"
    path.write_text(
        """
        events: {source: csv, path: events.csv}
        prices: {source: csv, path: prices.csv, kind: returns}
        windows: {estimation: [-80, -11], event: [-3, 3], named: {reaction: [0, 2]}, min_obs: 60}
        models: [synthetic_control]
        tests: [{kind: synthetic_placebo, statistic: rmspe_ratio, fewest: 3}]
        reaction: false
        """,
        encoding="utf-8",
    )
    (row,) = load(path).run().tests.to_dict("records")
    assert row["p_value"] == one(_with(SyntheticPlacebo(statistic="rmspe_ratio", fewest=3))).p_value


def _with(test: SyntheticPlacebo) -> Study:
    return replace(STUDY, tests=[test])

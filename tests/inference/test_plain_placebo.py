"""Placebo windows of made-up data under every least-squares model, against the formula of METHODS 4.9 as a loop."""

from __future__ import annotations

import numpy as np
import pytest

from eventstudy.inference import Placebo
from eventstudy.panels import FactorPanel, PricePanel
from eventstudy.returns import Windows
from eventstudy.returns.models import CAPM, ExpectedReturnModel, FactorModel, MarketModel, MeanAdjustedModel
from eventstudy.study import Study
from tests.made_up import FIRST, SESSIONS, made_up_events, made_up_returns

FRAME = made_up_returns(50, 4, 120, missing=0.03)
WIDE = FRAME.pivot_table(index="date", columns="symbol", values="return", dropna=False)
RNG = np.random.default_rng(0)
RISKLESS, FACTORS = RNG.uniform(0, 0.004, 120), RNG.normal(0, 0.01, (120, 2))
DAYS = (62, 70, 80, 110)
MODELS: dict[str, ExpectedReturnModel] = {
    "mean": MeanAdjustedModel(),
    "market": MarketModel(),
    "capm": CAPM(),
    "zero alpha": CAPM(alpha=False),
    "factors": FactorModel(columns=("mkt_rf", "smb")),
}


def plain(symbol: str, day: int, model: str) -> tuple[float, float, int]:
    """Return the standardised CAR of the days -1 to 1, its p-value and the number of windows without a gap."""
    one, market = np.ones(120), WIDE["MKT"].to_numpy()
    x = np.column_stack(
        {
            "mean": [one],
            "market": [one, market],
            "capm": [one, market - RISKLESS],
            "zero alpha": [market - RISKLESS],
            "factors": [one, FACTORS],
        }[model]
    )
    y = WIDE[symbol].to_numpy() - (0 if model in ("mean", "market") else RISKLESS)
    used = [t for t in range(day - 60, day - 5) if not np.isnan(y[t])]
    inverse = np.linalg.inv(x[used].T @ x[used])
    e = y - x @ inverse @ x[used].T @ y[used]
    s = np.sqrt(sum(e[t] ** 2 for t in used) / (len(used) - x.shape[1]))
    summed = x[day - 1 : day + 2].sum(axis=0)
    own = e[day - 1 : day + 2].sum() / (s * np.sqrt(3 + summed @ inverse @ summed))
    windows = []
    for first in range(day - 60, day - 7):
        days = [first, first + 1, first + 2]
        if all(t in used for t in days):
            summed = x[days].sum(axis=0)
            windows.append(e[days].sum() / (s * np.sqrt(3 - summed @ inverse @ summed)))
    as_large = sum(abs(each) >= abs(own) for each in windows)
    return own, (1 + as_large) / (1 + len(windows)), len(windows)


@pytest.mark.parametrize("model", MODELS)
def test_windows_are_standardised_by_what_was_fitted(model: str) -> None:
    """Without a constant, and with a riskless return that moves, the regressors are not the market's returns."""
    windows = Windows(estimation=(-60, -6), event=(-2, 3), named={"around": (-1, 1)}, min_obs=30)
    tests = [Placebo(fewest=1)]
    study = Study(
        windows=windows, benchmark="MKT", models={model: MODELS[model]}, tests=tests, reaction=False, screens=()
    )
    factors = FactorPanel(SESSIONS[FIRST : FIRST + 120], ("mkt_rf", "smb"), FACTORS, RISKLESS)
    seen = 0
    for day in DAYS:
        events = made_up_events(["S00", "S01", "S02", "S03"], [day])
        for row in study.run(events, PricePanel.from_frame(FRAME), factors).tests.to_dict("records"):
            symbol = str(row["event_id"])[:3]
            if np.isnan(WIDE[symbol].to_numpy()[day - 1 : day + 2]).any():
                continue
            statistic, p_value, count = plain(symbol, day, model)
            assert row["statistic"] == pytest.approx(statistic, rel=1e-9)
            assert row["p_value"] == pytest.approx(p_value, abs=1e-12)
            assert row["distribution"].startswith(f"placebo({count})")
            seen += 1
    assert seen >= 12

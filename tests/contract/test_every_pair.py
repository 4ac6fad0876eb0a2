"""Every registered model under every registered test, on one date and on several: a value, or a reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import Reason
from eventstudy.events import Events
from eventstudy.inference import TESTS
from eventstudy.panels import FactorPanel, PricePanel
from eventstudy.returns import Windows
from eventstudy.returns.models import MODELS
from eventstudy.study import Study
from tests.contract.test_models import make
from tests.contract.test_tests import quick
from tests.made_up import FIRST, SESSIONS, made_up_returns

LENGTH = 200
PRICES = PricePanel.from_frame(made_up_returns(seed=5, symbols=8, sessions=LENGTH))
WINDOWS = Windows(estimation=(-90, -11), event=(-3, 3), named={"day0": (0, 0), "after": (0, 3)}, min_obs=60)
# Where a model takes its events' benchmarks from, and what published factors are called.
COLUMNS = {"match": "S06", "portfolio": "S06;S07"}
FACTORS = ("mkt_rf", "smb", "hml", "mom", "rmw", "cma")


def events(days: list[int]) -> Events:
    frame = pd.DataFrame(
        {
            "symbol": [f"S{place:02d}" for place in range(len(days))],
            "date": [str(SESSIONS[FIRST + day]) for day in days],
            "timing": "before_open",
            **COLUMNS,
        }
    )
    return Events.from_frame(frame)


def factors() -> FactorPanel:
    rng = np.random.default_rng(6)
    own = {name: rng.normal(0, 0.006, LENGTH) for name in FACTORS}
    return FactorPanel.from_frame(pd.DataFrame({"date": SESSIONS[FIRST : FIRST + LENGTH], **own, "rf": 1e-4}))


# A model without an intercept may have residuals with a mean, here by chance.
@pytest.mark.filterwarnings("ignore::eventstudy.errors.BiasWarning")
@pytest.mark.parametrize("days", [[150] * 6, [120, 128, 139, 150, 161, 170]], ids=["one date", "several"])
@pytest.mark.parametrize("name", MODELS.names())
def test_a_value_or_a_reason(name: str, days: list[int]) -> None:
    study = Study(
        windows=WINDOWS,
        models={"model": make(name)},
        tests=[quick(test) for test in TESTS.names()],
        benchmark="MKT",
        reaction=False,
        screens=(),
    )
    result = study.run(events(days), PRICES, factors())
    assert set(result.estimates["reason"]) == {""}
    assert set(result.tests["test"]) == set(TESTS.names())
    complete = result.tests["reason"] == ""
    for column in ("statistic", "p_value"):
        assert (result.tests[column].notna() == complete).all(), result.tests[result.tests[column].notna() != complete]
    assert result.tests.loc[complete, "p_value"].between(0, 1).all()
    # The mean CAR is that of the events, whatever the model.
    mean = result.cars.query("window == 'after'")["car"].mean()
    estimate = result.tests.query("window == 'after' and test == 'cross_sectional'")["estimate"].item()
    assert estimate == pytest.approx(mean, rel=1e-12)
    portfolio = result.tests.query("test == 'portfolio'")["reason"].unique().tolist()
    donors = study.labelled["model"].donor_symbols is not None
    if len(set(days)) > 1:
        assert portfolio == [Reason.SEVERAL_DATES]
    else:
        assert portfolio == ([Reason.NO_PORTFOLIO] if donors else [""])

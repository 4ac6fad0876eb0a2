"""Every registered test, on what the plain and the compiled path measure: the same results, to rounding."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest

from eventstudy.execution import Engine
from eventstudy.inference import TESTS, Sample
from eventstudy.returns import Aligned, MarketModel, Regressors, measure_abnormal_returns, paths, remade
from eventstudy.returns.accumulators import Accumulator
from tests.benchmarks.panels import made_up_panel, made_up_places
from tests.contract.test_tests import variants

# Donors stand for no event here.
NAMES = [name for name in TESTS.names() if name != "synthetic_placebo"]
PANEL = made_up_panel(40, 3_000, gaps=True)
EVENTS = 120


def aligned() -> Aligned:
    return made_up_places(PANEL, EVENTS)


@cache
def samples(path: str) -> Mapping[str, Sample]:
    """Return the samples of all events and of a third of them, over two windows, with what all tests need."""
    events = aligned()
    groups = {"all": np.ones(EVENTS, dtype=bool), "third": np.arange(EVENTS) % 3 == 1}
    needs = dict.fromkeys(need for name in NAMES for test in variants(name) for need in test.needs)
    accumulated: Mapping[str, Mapping[type[Accumulator], Accumulator]]
    with pytest.MonkeyPatch.context() as patch:
        # Residuals that are made again come in several pieces.
        patch.setattr(remade, "PIECE", 32)
        abnormal, accumulated = measure_abnormal_returns(
            events,
            PANEL,
            MarketModel("MKT"),
            Regressors(PANEL),
            needs=tuple(needs),
            groups=groups,
            weights=np.where(np.arange(EVENTS) % 17 == 3, np.nan, 1.0 + np.arange(EVENTS) % 5),
            engine=Engine(path=path),
        )
    day0, spans, names = events.dates(PANEL.listing), events.spans(PANEL.listing), events.attrition.event_id
    return {
        f"{group}, {window}": Sample.of(
            abnormal, cars, np.flatnonzero(members), names, accumulated[group], seed=5, day0=day0, span=spans[window]
        )
        for group, members in groups.items()
        for window, cars in abnormal.cars().items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_both_paths_say_the_same(name: str) -> None:
    plain, compiled = samples(paths.NUMPY), samples(paths.COMPILED)
    # Some events lack returns of the event window, and some of the estimation window.
    assert len(plain["all, all"]) < EVENTS
    assert len(np.unique(plain["all, all"].whole.estimates.n_obs)) > 1
    for where, sample in plain.items():
        for test in variants(name):
            found = [*test.run(sample)]
            again = [*test.run(compiled[where])]
            assert [(each.reason, each.n, each.notes) for each in again] == [
                (each.reason, each.n, each.notes) for each in found
            ], (where, test)
            numbers, others = (
                np.array([(each.estimate, each.std_error, each.statistic, each.p_two_sided) for each in results])
                for results in (found, again)
            )
            np.testing.assert_allclose(others, numbers, rtol=1e-9, atol=1e-12, err_msg=f"{where}, {test}")

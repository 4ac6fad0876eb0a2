"""Presets: what other programs print, to their printed digits."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.config import load
from eventstudy.datasets import load_alibaba
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.inference import (
    BMP,
    TESTS,
    AdjustedPatell,
    CorradoRank,
    CrossSectionalT,
    CrudeDependence,
    GeneralizedSign,
    KolariPynnonen,
    Patell,
    SkewnessAdjusted,
    Wilcoxon,
)
from eventstudy.inference.presets import PRESETS, Unsaid, preset
from eventstudy.inference.standard import StandardisedTest
from eventstudy.study import Study
from tests.inference.made import Made, good, made

# The vignette of estudy2 0.10.0 as its README in the shared data quotes it: 16 to 20 March 2020.
PRINTED = {
    CrudeDependence(variance="no_dependence", convention="estudy2"): "2.486449 -3.370281 -1.726675 8.188085 6.233409",
    CrudeDependence(convention="estudy2"): "1.858514 -2.519140 -1.290615 6.120241 4.659205",
    CrossSectionalT(convention="estudy2"): "1.3941497 -1.2769075 -0.4023135 1.7958275 5.1233281",
    Patell(convention="estudy2"): "2.5507399 -2.9495613 0.3283654 8.4216222 6.3196352",
    BMP(convention="estudy2"): "1.20471169 -1.17531339 0.07606284 2.16657728 8.65212561",
    GeneralizedSign(convention="estudy2"): "1.1516761 0.3957301 1.1516761 1.9076220 2.6635680",
    CorradoRank(scale="ranks", convention="estudy2"): "0.7962064 -0.1857202 1.0205417 2.1127972 2.9255529",
    CorradoRank(convention="estudy2"): "0.8499246 -0.2283881 0.9865178 2.1665371 2.9786668",
    Wilcoxon(convention="estudy2"): "23 10 15 27 28",
}
MEANS = "0.02329740 -0.03157867 -0.01617850 0.07672027 0.05840545"


@pytest.fixture(scope="module")
def vignette(shared_data: Path) -> Made:
    folder = shared_data / "market" / "published"
    rates = pd.read_csv(folder / "estudy2_rates.csv", index_col="date")
    index = pd.read_csv(folder / "estudy2_rates_indx.csv", index_col="date")
    first = rates.index.get_loc("2020-03-16")
    y = rates.to_numpy().T[:, : first + 5]
    x = np.tile(index.to_numpy()[: first + 5, 0], (len(y), 1))
    named = {f"day{k}": (k, k) for k in range(5)}
    return made(y, x, estimation=first, named=named, day0=[600] * len(y))


def printed(text: str) -> list[tuple[float, float]]:
    """Return each number, and half a unit of its last digit."""
    return [(float(word), 0.5 * 10.0 ** -len(word.partition(".")[2])) for word in text.split()]


@pytest.mark.parametrize("test", PRINTED, ids=lambda test: f"{test.kind}: {test.label}")
def test_the_vignette_of_estudy2_is_reproduced(vignette: Made, test: CrossSectionalT) -> None:
    for k, (value, half) in enumerate(printed(PRINTED[test])):
        result = good(vignette.one(test, f"day{k}"))
        assert result.statistic == pytest.approx(value, abs=half)
        assert result.convention.startswith("estudy2")
    for k, (value, half) in enumerate(printed(MEANS)):
        assert vignette.one(CrossSectionalT(), f"day{k}").estimate == pytest.approx(value, abs=half)


def test_our_own_convention_differs_there(vignette: Made) -> None:
    """Patell's sigma with divisor M - 1 is what sets estudy2 apart, besides the days that a firm misses."""
    theirs, ours = (vignette.one(Patell(convention=name), "day0").statistic for name in ("estudy2", "default"))
    assert theirs / ours == pytest.approx(np.sqrt(239 / 238), rel=2e-3)
    assert theirs != ours


def test_every_preset_names_tests_and_options_that_there_are() -> None:
    for name, found in PRESETS.items():
        for kind, options in found.tests.items():
            test = TESTS.get(kind)(convention=name)
            assert {option: getattr(test, option) for option in options} == dict(options)
            assert test.label == name
        Study(convention=name, benchmark="SPY", tests=list(TESTS.names()))


def test_what_is_said_goes_before_the_preset() -> None:
    assert GeneralizedSign(convention="estudy2").p_hat == "pooled"
    window = GeneralizedSign(convention="estudy2", p_hat="window")
    assert window.p_hat == "window"
    assert window.label == "estudy2, p_hat=window"
    assert GeneralizedSign().label == "default"
    with pytest.raises(UnknownNameError, match="Did you mean 'estudy2'"):
        BMP(convention="estudy")
    with pytest.raises(UnknownNameError, match="Did you mean 'wrds'"):
        Study(convention="wrd", benchmark="SPY")
    assert preset("default").tests == {}


def test_a_default_that_is_said_goes_before_the_preset_too() -> None:
    said = BMP(convention="estudy2", scar="full", forecast_error="study", divisor="dof")
    assert (said.scar, said.divisor, said.forecast_error) == ("full", "dof", "study")
    assert said.label == "estudy2, scar=full, forecast_error=study, divisor=dof"
    assert BMP(convention="estudy2").scar == "patell_sum"
    assert Study(convention="stata_estudy", benchmark="SPY").forecast_error == "none"
    assert Study(convention="stata_estudy", benchmark="SPY", forecast_error="full").forecast_error == "full"
    kept, taken = Study(
        convention="estudy2", benchmark="SPY", tests=[BMP(divisor="dof"), BMP(convention="default")]
    ).hypothesis_tests
    assert (kept.label, taken.label) == ("estudy2, divisor=dof", "default")


@pytest.mark.parametrize("kind", [Patell, BMP, KolariPynnonen, AdjustedPatell])
def test_errors_of_days_make_no_error_of_a_car(kind: type[StandardisedTest]) -> None:
    with pytest.raises(InputError, match=f"{kind.kind}: forecast_error 'all_days'.* take scar 'patell_sum' beside it"):
        kind(forecast_error="all_days")
    with pytest.raises(InputError, match="patell_sum"):
        kind(forecast_error="all_days", scar="full")
    assert kind(forecast_error="all_days", scar="patell_sum").label == "scar=patell_sum, forecast_error=all_days"
    with pytest.raises(InputError, match="patell_sum"):
        Study(convention="estudy2", benchmark="SPY", tests=[BMP(scar="full")])


def test_a_default_is_equal_to_the_word_said_and_shows_alike() -> None:
    assert BMP(scar="full") == BMP()
    assert repr(BMP(scar="full")) == repr(BMP())
    assert hash(BMP(scar="full")) == hash(BMP())
    for copied in (pickle.loads(pickle.dumps(BMP())), replace(BMP(), alternative="greater")):
        assert type(copied.scar) is Unsaid
        assert replace(copied, convention="estudy2").scar == "patell_sum"
    assert replace(BMP(scar="full"), convention="wrds").scar == "full"


def test_a_study_takes_the_options_and_records_them() -> None:
    sample = load_alibaba()
    study = Study(
        convention="eventstudytools",
        benchmark="SPY",
        tests=["skewness_adjusted", "cross_sectional", SkewnessAdjusted(convention="sipemu")],
    )
    assert study.forecast_error == "none"
    result = study.run(sample.events, sample.prices)
    assert set(result.tests["convention"]) == {"eventstudytools", "sipemu"}
    estimates, cars = result.estimates, result.cars.query("window == '[-1,+1]'")
    np.testing.assert_allclose(cars["std_error"], estimates["sigma"] * np.sqrt(3), rtol=1e-12)


def test_a_config_names_one_for_the_study_or_for_a_test(tmp_path: Path) -> None:
    config = tmp_path / "study.yaml"
    config.write_text(
        "events: {source: sample}\nprices: {source: sample}\nbenchmark: SPY\nconvention: wrds\n"
        "tests: [patell, {kind: bmp, convention: estudy2}]\n",
        encoding="utf-8",
    )
    tests = load(config).study.hypothesis_tests
    assert [test.label for test in tests] == ["wrds", "estudy2"]
    assert tests[0] == Patell(convention="wrds")
    config.write_text(
        "events: {source: sample}\nprices: {source: sample}\nbenchmark: SPY\nconvention: stata_estudy\n"
        "forecast_error: full\ntests: [{kind: bmp, scar: full}]\n",
        encoding="utf-8",
    )
    study = load(config).study
    assert (study.forecast_error, study.hypothesis_tests[0].label) == ("full", "stata_estudy, scar=full")

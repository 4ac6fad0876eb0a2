"""The sample as a source, and the registries."""

from datetime import date

import numpy as np
import pytest

from eventstudy.datasets import load_alibaba
from eventstudy.errors import DataError, UnknownNameError
from eventstudy.sources import EVENT_SOURCES, PRICE_SOURCES, CsvEvents, CsvPrices, SampleEvents, SamplePrices


def test_everything_is_the_sample_itself() -> None:
    assert SamplePrices().prices().digest() == load_alibaba().prices.digest()
    assert SampleEvents().events().digest() == load_alibaba().events.digest()


def test_some_symbols_and_dates() -> None:
    panel = SamplePrices().prices(["SPY", "BABA"], date(2025, 2, 19), date(2025, 2, 21))
    assert panel.symbols == ("BABA", "SPY")
    assert panel.basis == ("unadjusted", "adjusted")
    baba = panel.series("BABA")
    assert baba.close.tolist() == [125.79, 135.97, 143.75]
    np.testing.assert_allclose(baba.total_return, [np.nan, 10.18 / 125.79, 7.78 / 135.97], rtol=1e-12)


def test_a_symbol_named_by_hand_must_be_there_and_an_optional_one_may() -> None:
    with pytest.raises(UnknownNameError, match=r"no symbol in the sample named 'BABX'. Did you mean 'BABA'?"):
        SamplePrices().prices(["BABX", "SPY"])
    assert SamplePrices().prices(["SPY"], optional=["BABA", "GONE"]).symbols == ("BABA", "SPY")
    assert SamplePrices().prices(optional=["BABA", "GONE"]).symbols == ("BABA",)
    with pytest.raises(UnknownNameError, match="no symbol in the sample named 'GONE'"):
        SamplePrices().prices(optional=["GONE"])


def test_dates_without_prices() -> None:
    with pytest.raises(
        DataError, match="SPY has no price between the dates asked for; it has 2024-03-20 to 2025-09-19"
    ):
        SamplePrices().prices(["SPY"], date(2026, 1, 1))
    with pytest.raises(DataError, match="the sample: there is no price between the dates asked for"):
        SamplePrices().prices((), None, date(2020, 1, 1))


def test_events_by_kind_and_symbol() -> None:
    assert len(SampleEvents(kind="earnings", symbols=("BABA",)).events()) == 6
    assert len(SampleEvents(symbols=("SPY",)).events(["BABA"])) == 6
    with pytest.raises(
        UnknownNameError, match=r"no symbol with events in the sample named 'BABX'. Did you mean 'BABA'?"
    ):
        SampleEvents(symbols=("BABX",)).events()
    with pytest.raises(
        UnknownNameError, match=r"no kind of event in the sample named 'earning'. Did you mean 'earnings'?"
    ):
        SampleEvents(kind="earning").events()


def test_members_go_by_the_name_of_the_config() -> None:
    shared = {"csv", "eventstudytools", "frame", "parquet", "sample", "sql", "yahoo"}
    assert set(PRICE_SOURCES.names()) == shared | {"crsp"}
    assert set(EVENT_SOURCES.names()) == shared | {"edgar"}
    assert PRICE_SOURCES.get("sample") is SamplePrices
    assert PRICE_SOURCES.get("csv") is CsvPrices
    assert EVENT_SOURCES.get("sample") is SampleEvents
    assert EVENT_SOURCES.get("csv") is CsvEvents
    with pytest.raises(UnknownNameError, match=r"no price source named 'smaple'. Did you mean 'sample'?"):
        PRICE_SOURCES.get("smaple")

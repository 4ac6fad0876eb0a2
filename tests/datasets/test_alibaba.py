"""The embedded sample: the figures of the founding case, and what its description promises."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.datasets import load_alibaba
from eventstudy.panels import Basis

FILES = ("BABA.csv", "SPY_adjusted.csv", "KWEB_adjusted.csv", "dividends.csv", "earnings.csv", "news.csv")
EMBEDDED = Path(__file__).resolve().parents[2] / "eventstudy" / "datasets" / "alibaba"


def move(symbol: str, date: str) -> float:
    series = load_alibaba().prices.series(symbol)
    return float(series.total_return[series.sessions == np.datetime64(date)][0])


def test_the_span_and_what_the_prices_are() -> None:
    prices = load_alibaba().prices
    assert prices.symbols == ("BABA", "KWEB", "SPY")
    assert prices.basis == (Basis.UNADJUSTED, Basis.ADJUSTED, Basis.ADJUSTED)
    for symbol in prices.symbols:
        series = prices.series(symbol)
        assert (str(series.sessions[0]), str(series.sessions[-1]), len(series.close)) == (
            "2024-03-20",
            "2025-09-19",
            377,
        )
        assert not np.isnan(series.close).any()
        assert not np.isnan(series.open).any()
        assert np.isnan(series.total_return).tolist() == [True] + [False] * 376
    assert np.isnan(prices.series("SPY").high).all()
    assert (prices.series("BABA").low <= prices.series("BABA").high).all()


def test_the_founding_day() -> None:
    baba = load_alibaba().prices.series("BABA")
    at = int(np.flatnonzero(baba.sessions == np.datetime64("2025-02-20"))[0])
    assert baba.close[at - 2 : at + 3].tolist() == [126.90, 125.79, 135.97, 143.75, 129.04]
    assert (baba.open[at], baba.high[at], baba.low[at]) == (137.81, 144.51, 131.41)
    assert round(move("BABA", "2025-02-20"), 4) == 0.0809
    assert round(move("SPY", "2025-02-20"), 4) == -0.0042
    assert round(move("KWEB", "2025-02-20"), 4) == 0.0174


@pytest.mark.parametrize(
    ("symbol", "date", "size"),
    [("BABA", "2025-08-29", 0.129), ("SPY", "2025-04-09", 0.105), ("KWEB", "2024-09-26", 0.115)],
)
def test_the_largest_moves(symbol: str, date: str, size: float) -> None:
    returns = np.abs(load_alibaba().prices.series(symbol).total_return)
    assert round(abs(move(symbol, date)), 3) == size
    assert np.nanmax(returns) == abs(move(symbol, date))


def test_dividends_stand_on_their_ex_dates() -> None:
    baba = load_alibaba().prices.series("BABA")
    paid = baba.dividend > 0
    assert dict(zip(baba.sessions[paid].astype(str), baba.dividend[paid], strict=True)) == {
        "2024-06-13": 1.66,
        "2025-06-12": 2.00,
    }
    assert (load_alibaba().prices.split == 1).all()


def test_the_events() -> None:
    events = load_alibaba().events
    assert events.event_id.tolist() == [
        f"BABA-{quarter}" for quarter in ("2024Q1", "2024Q2", "2024Q3", "2024Q4", "2025Q1", "2025Q2")
    ]
    assert [str(moment) for moment in events.announced_at] == [
        "NaT",
        "2024-08-15T10:30:00",
        "NaT",
        "2025-02-20T10:36:00",
        "NaT",
        "NaT",
    ]
    assert events.precision.tolist() == ["date", "minute", "date", "minute", "date", "date"]
    assert set(events.source) == {"sample"}
    assert set(events.kind) == {"earnings"}
    february = events.position("BABA-2024Q4")
    figures = {name: float(numbers[february]) for name, numbers in events.values.items()}
    assert figures == {
        "eps_estimate": 19.12,
        "eps_actual": 21.39,
        "net_income_estimate": 40.6,
        "net_income_actual": 48.95,
        "revenue_growth": 0.08,
        "cloud_growth": 0.13,
        "international_growth": 0.32,
        "premarket_quote": 0.11,
    }
    assert np.isnan(events.values["premarket_quote"]).tolist() == [False, True, True, False, True, True]


def test_the_news() -> None:
    news = load_alibaba().news
    assert news["date"].dt.strftime("%m-%d").tolist() == ["02-13", "02-17", "02-21", "02-24"]
    assert set(news["symbol"]) == {"BABA"}


def test_nobody_changes_the_sample_of_another() -> None:
    news = load_alibaba().news
    news.loc[0, "what"] = "something else"
    assert str(load_alibaba().news.loc[0, "what"]).startswith("Partnership with Apple")
    with pytest.raises(ValueError, match="read-only"):
        load_alibaba().prices.close[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        load_alibaba().events.values["premarket_quote"][0] = 1.0


def test_the_description_names_every_file_and_every_column() -> None:
    description = load_alibaba().description
    for name in FILES:
        assert f"`{name}`" in description
        for column in pd.read_csv(EMBEDDED / name, nrows=0).columns:
            assert column in description, (name, column)


def test_numbers_keep_every_digit_of_the_file() -> None:
    lines = (EMBEDDED / "SPY_adjusted.csv").read_text(encoding="utf-8").split()[1:]
    assert load_alibaba().prices.series("SPY").close.tolist() == [float(line.split(",")[2]) for line in lines]


def test_the_files_are_those_of_the_shared_folder(shared_data: Path) -> None:
    for name in FILES:
        assert (EMBEDDED / name).read_bytes() == (shared_data / "sample" / name).read_bytes()

"""Prices, returns and factors: hand-computed returns, the ragged layout, what the door refuses."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy._long_prices import LongPrices
from eventstudy._panel_build import build_price_panel
from eventstudy.calendars import get_calendar
from eventstudy.datasets import load_alibaba
from eventstudy.errors import DataError, UnknownNameError
from eventstudy.findings import find
from eventstudy.frames import Origin
from eventstudy.panels import Basis, FactorPanel, PricePanel, ReturnPanel

WEEK = ["2025-02-18", "2025-02-19", "2025-02-20", "2025-02-21", "2025-02-24"]
CLOSES = [126.90, 125.79, 135.97, 143.75, 129.04]


def table(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"date": WEEK, "symbol": "BABA", "close": CLOSES} | columns)


def two_listings() -> pd.DataFrame:
    """Return BABA over the week, and a stock listed on its third day that misses the fourth."""
    young = pd.DataFrame({"date": [WEEK[2], WEEK[4]], "symbol": "NEW", "close": [10.0, 11.0]})
    return pd.concat([table(), young], ignore_index=True)


def test_total_returns_of_the_founding_week() -> None:
    returns = PricePanel.from_frame(table()).total_return
    by_hand = [np.nan, -1.11 / 126.90, 10.18 / 125.79, 7.78 / 135.97, -14.71 / 143.75]
    np.testing.assert_allclose(returns, by_hand, rtol=1e-12)
    assert returns[2].round(4) == 0.0809


def test_a_dividend_and_a_split_enter_the_return_of_their_day() -> None:
    prices = table(close=[100.0, 51.0, 50.0, 49.0, 49.0], split=[1, 2, 1, 1, 1], dividend=[0, 0, 0, 0.5, None])
    returns = PricePanel.from_frame(prices).total_return
    np.testing.assert_allclose(returns, [np.nan, 0.02, -1 / 51, -0.5 / 50, 0.0], rtol=1e-12)


def test_returns_of_unadjusted_prices_equal_those_of_adjusted_ones(shared_data: Path) -> None:
    # Unadjusted closes are exact to the cent, adjusted ones rounded to 4 decimals above 68 USD, two of them a return.
    rounding = 2 * 0.00005 / 68
    adjusted = pd.read_csv(shared_data / "sample" / "BABA_adjusted.csv").assign(symbol="BABA")
    reference = PricePanel.from_frame(adjusted, basis="adjusted").total_return
    baba = load_alibaba().prices.series("BABA")
    # Back-adjustment puts the dividend into the denominator: P / (P' - D) - 1 is R P' / (P' - D).
    before = np.concatenate([[np.nan], baba.close[:-1]])
    np.testing.assert_allclose(baba.total_return * before / (before - baba.dividend), reference, rtol=0, atol=rounding)
    days = baba.sessions[baba.dividend > 0]
    assert [str(day) for day in days] == ["2024-06-13", "2025-06-12"]


def test_the_dividend_of_june_2025() -> None:
    baba = load_alibaba().prices.series("BABA")
    at = int(np.flatnonzero(baba.sessions == np.datetime64("2025-06-12"))[0])
    assert (baba.close[at - 1], baba.close[at], baba.dividend[at]) == (120.33, 116.62, 2.0)
    assert baba.total_return[at] == pytest.approx(-1.71 / 120.33, rel=1e-12)


def test_adjusted_prices_do_not_count_their_dividend_again() -> None:
    plain = PricePanel.from_frame(table(), basis="adjusted")
    beside = PricePanel.from_frame(table(dividend=2.0, split=2.0), basis="adjusted")
    np.testing.assert_array_equal(plain.total_return, beside.total_return)
    assert beside.dividend.tolist() == [0.0] * 5
    assert beside.split.tolist() == [1.0] * 5


def test_adjusted_closes_beside_closes_make_the_returns_and_a_dividend_column_wins() -> None:
    adjusted = [99.0, 100.0, 101.0, 102.0, 103.0]
    from_adjusted = PricePanel.from_frame(table(adj_close=adjusted))
    assert from_adjusted.total_return[1] == pytest.approx(1 / 99, rel=1e-12)
    assert from_adjusted.close.tolist() == CLOSES
    from_cash = PricePanel.from_frame(table(adj_close=adjusted, dividend=0.0))
    assert from_cash.total_return[1] == pytest.approx(-1.11 / 126.90, rel=1e-12)
    alone = PricePanel.from_frame(table(adj_close=adjusted).drop(columns="close"))
    assert alone.basis == (Basis.ADJUSTED,)
    assert alone.close.tolist() == adjusted


def test_returns_alone_are_taken_as_they_are() -> None:
    given_returns = [0.01, -0.02, 0.03, None, -1.0]
    panel = PricePanel.from_frame(table(**{"return": given_returns}).drop(columns="close"))
    assert panel.basis == (Basis.RETURNS,)
    np.testing.assert_array_equal(panel.total_return, [0.01, -0.02, 0.03, np.nan, -1.0])
    assert np.isnan(panel.close).all()


def test_a_missing_close_leaves_two_returns_missing() -> None:
    panel = PricePanel.from_frame(table(close=[100.0, 101.0, None, 103.0, 104.0]))
    np.testing.assert_allclose(panel.total_return, [np.nan, 0.01, np.nan, np.nan, 1 / 103], rtol=1e-12)


def test_the_layout_is_ragged() -> None:
    panel = PricePanel.from_frame(two_listings())
    assert panel.symbols == ("BABA", "NEW")
    assert panel.listing.lengths.tolist() == [5, 3]
    assert panel.listing.offsets.tolist() == [0, 5, 8]
    young = panel.series("NEW")
    np.testing.assert_array_equal(young.sessions, np.array(WEEK[2:], dtype="datetime64[D]"))
    np.testing.assert_array_equal(young.close, [10.0, np.nan, 11.0])
    assert panel.listing.last_session_of("XNYS") == young.first + 2
    assert panel.listing.last_session_of("XHKG") == -1
    assert (young.position(young.first + 2), young.position(young.first - 1)) == (2, None)
    assert panel.listing.codes(["NEW", "GONE", "BABA"]).tolist() == [1, -1, 0]


def test_gather_fills_with_nan_outside_the_span() -> None:
    panel = PricePanel.from_frame(two_listings())
    listing = panel.listing
    start = int(listing.first[0])
    stretch = listing.gather(panel.close, np.array([0, 1, 1]), np.array([start - 1, start, start + 4]), 3)
    expected = [[np.nan, 126.90, 125.79], [np.nan, np.nan, 10.0], [11.0, np.nan, np.nan]]
    np.testing.assert_array_equal(stretch, expected)


def test_a_return_panel_reads_the_same_listing() -> None:
    prices = PricePanel.from_frame(two_listings())
    returns = ReturnPanel(prices.listing, np.arange(8.0))
    start = int(prices.listing.first[1])
    np.testing.assert_array_equal(returns.window(np.array([1]), np.array([start - 1]), 3), [[np.nan, 5.0, 6.0]])
    dense = returns.dense("NEW")
    assert len(dense) == len(prices.listing.calendars[1].sessions)
    np.testing.assert_array_equal(dense[start - 1 : start + 4], [np.nan, 5.0, 6.0, 7.0, np.nan])


def test_symbols_keep_their_own_sessions() -> None:
    # 2025-02-17 was a holiday in New York and a session in Hong Kong.
    frame = pd.DataFrame(
        {"date": ["2025-02-14", "2025-02-17", *WEEK[:1]], "symbol": "9988.HK", "close": [120.0, 121.0, 122.0]}
    )
    panel = PricePanel.from_frame(pd.concat([frame, table()]))
    assert panel.series("9988.HK").calendar.code == "XHKG"
    assert panel.series("9988.HK").close.tolist() == [120.0, 121.0, 122.0]
    with pytest.raises(DataError, match=r"prices, row 1: 2025-02-17 of 9988.HK is not a session of XNYS"):
        PricePanel.from_frame(frame, calendar="XNYS")


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(7)))
def test_row_order_does_not_matter(order: list[int]) -> None:
    ordered, shuffled = (PricePanel.from_frame(two_listings().iloc[rows]) for rows in (list(range(7)), order))
    np.testing.assert_array_equal(shuffled.total_return, ordered.total_return)
    assert shuffled.digest() == ordered.digest()


def test_the_digest_sees_every_field() -> None:
    reference = PricePanel.from_frame(table()).digest()
    assert PricePanel.from_frame(table()).digest() == reference
    changes = [
        PricePanel.from_frame(table(volume=[1, 2, 3, 4, 5])),
        PricePanel.from_frame(table(symbol="BABX")),
        PricePanel.from_frame(table(), basis="adjusted"),
        PricePanel.from_frame(table(), calendar="XNAS"),
        PricePanel.from_frame(table().iloc[1:]),
        PricePanel.from_frame(table(volume=[7.0] * 5)),
        PricePanel.from_frame(table(volume=[8.0] * 5)),
        PricePanel.from_frame(table(volume=[8.0] * 4 + [7.0])),
        # The same numbers, a session later or with another session between them.
        PricePanel.from_frame(table(date=[*WEEK[1:], "2025-02-25"])),
        PricePanel.from_frame(table(date=["2025-02-14", *WEEK[1:]])),
    ]
    digests = {reference, *(panel.digest() for panel in changes)}
    assert len(digests) == 1 + len(changes)


def test_rows_in_order_are_copied_unless_they_are_given_away() -> None:
    frame = table(volume=[1.0, 2.0, 3.0, 4.0, 5.0])
    panel = PricePanel.from_frame(frame)
    assert not np.shares_memory(panel.close, frame["close"].to_numpy())
    rows = LongPrices.of_frame(frame, Origin("prices"), own=True)
    given = build_price_panel(rows, calendar=None, basis="unadjusted", off_session="error")
    assert np.shares_memory(given.close, rows.columns["close"])
    assert given.digest() == panel.digest()
    assert panel.volume.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_a_field_without_a_number_is_as_good_as_none() -> None:
    empty = table(open=[None] * 5, volume=[np.nan] * 5, split=[1.0] * 5, dividend=[0.0] * 5)
    assert PricePanel.from_frame(empty).digest() == PricePanel.from_frame(table()).digest()


def test_the_digest_tells_which_symbol_began_when() -> None:
    frame, later = two_listings(), two_listings()
    later.loc[5:, "date"] = [WEEK[1], WEEK[3]]
    here, there = PricePanel.from_frame(frame), PricePanel.from_frame(later)
    np.testing.assert_array_equal(here.total_return, there.total_return)
    assert here.digest() != there.digest()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"date": [*WEEK[:4], WEEK[0]]}, "line 6: BABA has 2025-02-18 a second time .first in p.csv, line 2."),
        (
            {"close": [1, 2, 0, 4, 5]},
            "line 4: close of BABA is 0; a price must be above zero; a cell of a session without a price",
        ),
        ({"close": [1, -2, 3, 4, 5]}, "line 3: close of BABA is -2; .* midpoint, declare midpoints"),
        ({"open": [1, 2, 3, -4, 5]}, "line 5: open of BABA is -4; a price must be above zero"),
        ({"volume": [1, 2, 3, -4, 5]}, "line 5: volume of BABA is -4; a volume can't be negative"),
        ({"split": [1, 1, 0, 1, 1]}, "line 4: split of BABA is 0; a split must be above zero"),
        (
            {"return": [0, 0, 0, -1.5, 0]},
            "line 5: return of BABA is -1.5; a simple return can't be below -100%; it is written as a decimal, 0.012",
        ),
        ({"close": ["1", "2", "3", "1,234", "5"]}, "line 5: close is '1,234'; it must be a number or empty"),
        ({"date": [*WEEK[:4], "2025-02-30"]}, "line 6: date is '2025-02-30'; an ISO date"),
        ({"date": [*WEEK[:4], "2025-02-22"]}, "line 6: 2025-02-22 of BABA is not a session of XNYS"),
        ({"symbol": ["BABA", True, "BABA", "BABA", "BABA"]}, "line 3: symbol is 'True'; it must be text"),
        ({"symbol": ["BABA", "BABA", None, "BABA", "BABA"]}, "line 4: symbol is empty"),
    ],
)
def test_a_broken_row_is_named(columns: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=f"^p.csv, {message}"):
        PricePanel.from_frame(table(**columns), origin=Origin("p.csv", first_line=2))


def test_many_rows_in_any_order_lie_where_a_plain_loop_puts_them() -> None:
    sessions, rng = get_calendar("XNYS").sessions, np.random.default_rng(3)
    symbols = [f"S{number:03d}" for number in range(60)]
    cells = [(s, int(t)) for s in symbols for t in np.flatnonzero(rng.random(6000) < 0.9) + 12_000]
    assert len(cells) > 300_000
    rows = pd.DataFrame(cells, columns=["symbol", "session"])
    rows["date"], rows["return"] = sessions[rows["session"]], rng.standard_normal(len(rows)) * 0.01
    expected = dict(zip(cells, rows["return"], strict=True))
    table = rows[["date", "symbol", "return"]]
    panel = PricePanel.from_frame(table)
    owners = np.repeat(panel.symbols, panel.listing.lengths)
    at = np.searchsorted(sessions, panel.listing.dates())
    found = [expected.get(cell, np.nan) for cell in zip(owners, at, strict=True)]
    np.testing.assert_array_equal(panel.total_return, found)
    mixed = table.sample(frac=1.0, random_state=4).astype({"symbol": "category"})
    assert PricePanel.from_frame(mixed).digest() == panel.digest()
    twice = pd.concat([mixed, mixed.iloc[[7]]], ignore_index=True)
    with pytest.raises(DataError, match=rf"row {len(mixed)}: .* a second time \(first in prices, row 7\)"):
        PricePanel.from_frame(twice)


def test_the_panel_does_not_follow_the_table_it_was_made_of() -> None:
    prices = table()
    panel = PricePanel.from_frame(prices)
    prices.loc[:, "close"] = 1.0
    assert panel.close.tolist() == CLOSES


def test_midpoints_are_prices_where_declared() -> None:
    panel = PricePanel.from_frame(table(close=[-100.0, 101.0, 102.0, 103.0, 104.0]), midpoints=True)
    assert panel.close[0] == 100.0
    assert panel.total_return[1] == pytest.approx(0.01, rel=1e-12)
    with pytest.raises(DataError, match="row 1: close of BABA is 0"):
        PricePanel.from_frame(table(close=[-100.0, 0.0, 1.0, 1.0, 1.0]), midpoints=True)


@pytest.mark.parametrize("scale", [100.0, 1.0])
def test_prices_or_percent_for_returns_are_refused(scale: float) -> None:
    days = get_calendar("XNYS").sessions[-40:]
    moves = np.where(np.arange(40) % 4 == 0, 0.004, 0.0125)
    frame = pd.DataFrame({"date": days, "symbol": "BABA", "return": moves * scale})
    if scale == 1.0:
        assert PricePanel.from_frame(frame).total_return.tolist() == moves.tolist()
        return
    with pytest.raises(DataError) as caught:
        PricePanel.from_frame(frame)
    assert str(caught.value) == (
        "prices: 30 of 40 returns are larger than 50%; they are decimals a session, 0.012 for 1.2%, and these look "
        "like percent or like prices."
    )


@pytest.mark.parametrize("given", [None, "prices.csv", [{"date": WEEK[0]}], {"date": WEEK}, pd.Series(CLOSES)])
def test_what_is_no_table_is_told_so(given: object) -> None:
    with pytest.raises(DataError) as caught:
        PricePanel.from_frame(given)  # type: ignore[arg-type]
    assert str(caught.value) == (
        f"prices: this is a {type(given).__name__}; a table was expected, as pandas.DataFrame(...) makes one."
    )


def test_columns_that_stand_twice_or_in_the_index() -> None:
    twice = pd.concat([table(), table()[["close"]]], axis=1)
    with pytest.raises(DataError, match=r"^prices: the column 'close' stands twice; rename one of them, or leave it"):
        PricePanel.from_frame(twice)
    with pytest.raises(
        DataError, match=r"'date' is missing. It is the index of the table; reset_index\(\) makes a col"
    ):
        PricePanel.from_frame(table().set_index("date"))
    wide = table().pivot_table(index="date", columns="symbol", values="close").reset_index()
    with pytest.raises(DataError, match=r"read by eventstudy.sources.FramePrices\(frame=...\).prices\(\)\.$"):
        PricePanel.from_frame(wide)


def test_missing_columns_and_unknown_words() -> None:
    with pytest.raises(DataError, match=r"the column 'symbol' is missing. Did you mean 'Symbol'?"):
        PricePanel.from_frame(table().rename(columns={"symbol": "Symbol"}))
    with pytest.raises(DataError, match="the column 'close' is missing"):
        PricePanel.from_frame(table().rename(columns={"close": "open"}))
    with pytest.raises(DataError, match=r"The basis 'adjustd' is unknown. Did you mean 'adjusted'?"):
        PricePanel.from_frame(table(), basis="adjustd")
    with pytest.raises(UnknownNameError, match="no exchange named 'NYSE'"):
        PricePanel.from_frame(table(), calendar="NYSE")
    with pytest.raises(UnknownNameError, match=r"no symbol in the prices named 'BABX'. Did you mean 'BABA'?"):
        PricePanel.from_frame(table()).series("BABX")


def test_arrays_are_read_only() -> None:
    panel = PricePanel.from_frame(table())
    with pytest.raises(ValueError, match="read-only"):
        panel.close[0] = 1.0


def test_the_long_table_comes_back() -> None:
    panel = PricePanel.from_frame(two_listings())
    frame = panel.to_frame()
    assert frame["symbol"].tolist() == ["BABA"] * 5 + ["NEW"] * 3
    again = PricePanel.from_frame(frame.drop(columns="total_return"))
    assert again.digest() == panel.digest()


def test_factors_are_ordered_by_date_and_errors_name_the_row_as_it_stood() -> None:
    frame = pd.DataFrame(
        {"date": ["2025-02-21", "2025-02-20"], "mkt_rf": [-0.02, -0.005], "smb": [0.001, 0.002], "rf": [0.0002, 0.0001]}
    )
    panel = FactorPanel.from_frame(frame)
    assert panel.names == ("mkt_rf", "smb")
    assert panel.values.tolist() == [[-0.005, 0.002], [-0.02, 0.001]]
    assert panel.risk_free.tolist() == [0.0001, 0.0002]
    assert FactorPanel.from_frame(frame.iloc[::-1]).digest() == panel.digest()
    with pytest.raises(DataError, match=r"f.csv, line 2: smb is 'x'"):
        FactorPanel.from_frame(frame.assign(smb=["x", "0.1"]), origin=Origin("f.csv", first_line=2))
    with pytest.raises(DataError, match=r"factors, row 1: 2025-02-20 stands a second time \(first in factors, row 0\)"):
        FactorPanel.from_frame(frame.assign(date="2025-02-20"))
    with pytest.raises(DataError, match="dates of a factor panel must increase"):
        FactorPanel(panel.dates[::-1].copy(), panel.names, panel.values, panel.risk_free)


def test_prices_of_nobody_are_a_table_without_rows() -> None:
    panel = PricePanel.from_frame(table().iloc[:0])
    assert panel.symbols == ()
    assert len(panel.listing.dates()) == 0
    assert panel.to_frame()[["date", "symbol", "close"]].to_numpy().tolist() == []
    assert panel.listing.last_session_of("XNYS") == -1
    assert find(panel) == ()


@pytest.mark.parametrize(("values", "risk_free"), [((2, 1), 2), ((2, 2), 3), ((3, 2), 2)])
def test_a_factor_panel_has_a_value_a_date_and_factor(values: tuple[int, int], risk_free: int) -> None:
    dates = np.array(WEEK[:2], dtype="datetime64[D]")
    FactorPanel(dates, ("mkt_rf", "smb"), np.zeros((2, 2)), np.zeros(2))
    with pytest.raises(DataError, match=r"^A factor panel needs one value a date and factor, and one riskless return"):
        FactorPanel(dates, ("mkt_rf", "smb"), np.zeros(values), np.zeros(risk_free))

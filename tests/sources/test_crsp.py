"""CRSP's two layouts in real databases: letter codes, midpoints, delistings, dividends and splits deduced."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import DataError, InputError, UnknownNameError
from eventstudy.findings import find
from eventstudy.frames import Origin
from eventstudy.panels import PricePanel
from eventstudy.sources import CrspPrices
from eventstudy.sources._crsp import tidy
from tests.sources.databases import Store

DAYS = pd.to_datetime(["2023-03-06", "2023-03-07", "2023-03-08", "2023-03-09", "2023-03-10"])
# 1 trades; 2 is delisted with a return; 3 for cause without one, on Nasdaq; 4 merges away without one.
SIZ = pd.DataFrame(
    {
        "permno": [1] * 5 + [2] * 3 + [3] * 2 + [4] * 2,
        "date": [*DAYS, *DAYS[:3], *DAYS[:2], *DAYS[:2]],
        "prc": [10.0, -10.5, 5.5, 0.0, 6.0, 20.0, 18.0, 9.0, 4.0, 3.0, 50.0, 51.0],
        "ret": ["C", "0.05", "0.047619", "B", "0.110909", "0.01", "-0.1", "-0.5", "0.0", "-0.25", "0.0", "0.02"],
        "retx": ["C", "0.05", "0.047619", "B", "0.090909", "0.01", "-0.1", "-0.5", "0.0", "-0.25", "0.0", "0.02"],
        "vol": [100.0, 0.0, 50.0, -99.0, 70.0, *[10.0] * 7],
        "openprc": [9.5, np.nan, 5.0, np.nan, 5.9, *[np.nan] * 7],
    }
)
DELISTED = pd.DataFrame(
    {
        "permno": [1, 2, 3, 4],
        "dlstdt": [DAYS[4], DAYS[2], DAYS[1], DAYS[1]],
        "dlret": [np.nan, -0.4, np.nan, np.nan],
        "dlstcd": [100, 574, 580, 233],
        "hexcd": [1, 1, 3, 1],
    }
)
MARKET = pd.DataFrame({"date": DAYS, "vwretd": [0.001, 0.002, 0.003, 0.004, 0.005], "sprtrn": [0.01] * 5})


def siz(store: Store, frame: pd.DataFrame = SIZ, **options: object) -> CrspPrices:
    store.fill("crsp.dsf", frame)
    store.fill("crsp.dsedelist", DELISTED)
    store.fill("crsp.dsi", MARKET)
    return CrspPrices(url_env=store.url_env, layout="siz", **options)  # type: ignore[arg-type]


def test_siz(store: Store) -> None:
    panel = siz(store, permnos={"AAA": 1}).prices(["AAA", "vwretd"], optional=["2", "3", "4", "none"])
    assert panel.symbols == ("2", "3", "4", "AAA", "vwretd")
    one = panel.series("AAA")
    np.testing.assert_array_equal(one.close, [10.0, 10.5, 5.5, np.nan, 6.0])
    np.testing.assert_array_equal(one.total_return, [np.nan, 0.05, 0.047619, np.nan, 0.110909])
    np.testing.assert_array_equal(one.volume, [100.0, 0.0, 50.0, np.nan, 70.0])
    np.testing.assert_array_equal(one.open, [9.5, np.nan, 5.0, np.nan, 5.9])
    # (1 + 0.047619) x 10.5 / 5.5 = 2 new shares for one; (0.110909 - 0.090909) x 5.5 = 0.11 in cash.
    np.testing.assert_allclose(one.split, [1.0, 1.0, 2.0, 1.0, 1.0], atol=1e-5)
    np.testing.assert_allclose(one.dividend, [0.0, 0.0, 0.0, 0.0, 0.11], atol=1e-9)
    # (1 - 0.5) (1 - 0.4) - 1 on the day of the delisting.
    np.testing.assert_allclose(panel.series("2").total_return, [0.01, -0.1, -0.7], rtol=1e-15)
    # For cause and unknown: missing. A merger: the last return is the last.
    np.testing.assert_array_equal(panel.series("3").total_return, [0.0, np.nan])
    np.testing.assert_array_equal(panel.series("4").total_return, [0.0, 0.02])
    np.testing.assert_array_equal(panel.series("vwretd").total_return, MARKET["vwretd"])
    assert {str(panel.basis[code]) for code in panel.listing.codes(["vwretd"])} == {"returns"}
    told = {(each.symbol, str(each.kind)): each.words for each in find(panel)}
    assert told["AAA", "midpoint"] == "1 close is a midpoint: no trade."
    assert told["2", "delisting_return"] == "The delisting return of -40.0% (code 574) is included."
    assert told["3", "delisting_return"] == "The delisting return (code 580) is missing."
    assert ("AAA", "delisting_return") not in told


@pytest.mark.parametrize(
    ("fill", "expected", "words"),
    [("shumway", 0.75 * 0.45 - 1, "-55% stands for it"), (-0.3, 0.75 * 0.7 - 1, "-30% stands for it")],
)
def test_a_fill_for_delistings_for_cause(store: Store, fill: object, expected: float, words: str) -> None:
    panel = siz(store, delisting_fill=fill).prices(["2", "3", "4"])
    np.testing.assert_allclose(panel.series("3").total_return, [0.0, expected], rtol=1e-15)
    np.testing.assert_allclose(panel.series("2").total_return[-1], -0.7, rtol=1e-15)
    np.testing.assert_array_equal(panel.series("4").total_return, [0.0, 0.02])
    assert any(words in each.words for each in find(panel) if each.symbol == "3")


def test_a_delisting_after_the_last_price_has_a_session_of_its_own(duck: Store) -> None:
    frame = SIZ[~((SIZ["permno"] == 2) & (SIZ["date"] == DAYS[2]))]
    two = siz(duck, frame).prices(["2"]).series("2")
    np.testing.assert_array_equal(two.total_return, [0.01, -0.1, -0.4])
    np.testing.assert_array_equal(two.close, [20.0, 18.0, np.nan])


def test_ciz_has_its_delistings_already(store: Store) -> None:
    frame = pd.DataFrame(
        {
            "PERMNO": [2, 2, 2],
            "DlyCalDt": DAYS[:3],
            "DlyPrc": [20.0, 18.0, np.nan],
            "DlyRet": [0.01, -0.1, -0.7],
            "DlyRetx": [0.01, -0.1, -0.7],
            "DlyVol": [5.0, 6.0, np.nan],
        }
    )
    index = pd.DataFrame(
        {"indno": [1000200, 1000200, 7], "dlycaldt": [*DAYS[:2], DAYS[0]], "dlytotret": [0.1, 0.2, 9.0]}
    )
    store.fill("crsp.dsf_v2", frame)
    store.fill("crsp.inddlyseriesdata", index)
    panel = CrspPrices(url_env=store.url_env, layout="ciz").prices(["2", "vwretd"])
    np.testing.assert_array_equal(panel.series("2").total_return, [0.01, -0.1, -0.7])
    np.testing.assert_array_equal(panel.series("vwretd").total_return, [0.1, 0.2])
    for options in ({"delistings": "dsedelist"}, {"delisting_fill": -0.3}):
        with pytest.raises(InputError, match="adding dlret would count them twice"):
            CrspPrices(url_env=store.url_env, layout="ciz", **options)  # type: ignore[arg-type]


def test_midpoints_of_ciz_are_flagged(duck: Store) -> None:
    frame = pd.DataFrame(
        {
            "permno": [1, 1, 1, 2],
            "dlycaldt": [*DAYS[:3], DAYS[0]],
            "dlyprc": [20.0, 18.0, 19.0, 5.0],
            "dlyret": [0.01, -0.1, 1 / 18, 0.0],
            "dlyretx": [0.01, -0.1, 1 / 18, 0.0],
            "DlyPrcFlg": ["TR", "BA", "BA", None],
        }
    )
    duck.fill("crsp.dsf_v2", frame)
    panel = CrspPrices(url_env=duck.url_env, layout="ciz").prices(["1", "2"])
    np.testing.assert_array_equal(panel.series("1").close, [20.0, 18.0, 19.0])
    told = [(each.symbol, str(each.date), each.words) for each in find(panel) if str(each.kind) == "midpoint"]
    assert told == [("1", "2023-03-07", "2 closes are midpoints: no trade.")]


def test_two_symbols_may_be_one_permno(duck: Store) -> None:
    source = siz(duck, permnos={"FB": 2, "META": 2})
    panel = source.prices(["FB", "META"], optional=["2", "1"])
    assert panel.symbols == ("1", "2", "FB", "META")
    for symbol in ("2", "FB", "META"):
        np.testing.assert_allclose(panel.series(symbol).total_return, [0.01, -0.1, -0.7], rtol=1e-15)
    told = [each.symbol for each in find(panel) if str(each.kind) == "delisting_return"]
    assert sorted(told) == ["2", "FB", "META"]


@pytest.mark.parametrize(
    ("first", "last", "returns", "told"),
    [
        (None, date(2023, 3, 7), [0.01, -0.1], 0),
        (None, date(2023, 3, 8), [0.01, -0.1, -0.7], 1),
        (date(2023, 3, 8), None, [-0.7], 1),
    ],
)
def test_no_delisting_outside_the_dates_is_told(
    store: Store, first: date | None, last: date | None, returns: list[float], told: int
) -> None:
    panel = siz(store).prices(["2"], first, last)
    np.testing.assert_allclose(panel.series("2").total_return, returns, rtol=1e-15)
    assert [str(each.kind) for each in find(panel)].count("delisting_return") == told


def test_a_delisting_on_a_weekend_after_the_dates_is_not_told(duck: Store) -> None:
    duck.fill("crsp.dsf", SIZ)
    saturday = DELISTED.assign(dlstdt=pd.Timestamp("2023-03-11"))
    duck.fill("crsp.dsedelist", saturday)
    source = CrspPrices(url_env=duck.url_env, layout="siz")
    # The session of a Saturday is the Monday after it.
    for last, told in ((date(2023, 3, 11), 0), (date(2023, 3, 13), 1)):
        panel = source.prices(["2"], None, last)
        assert [str(each.kind) for each in find(panel)].count("delisting_return") == told


def test_the_layout_is_checked_against_the_columns(duck: Store) -> None:
    siz(duck)
    duck.fill("crsp.dsf_v2", SIZ)
    with pytest.raises(DataError, match="the columns are those of SIZ; say layout: siz"):
        CrspPrices(url_env=duck.url_env, layout="ciz").prices(["1"])
    with pytest.raises(UnknownNameError, match="Did you mean 'ciz'"):
        CrspPrices(url_env=duck.url_env, layout="cis")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="say which symbols are wanted"):
        CrspPrices(url_env=duck.url_env, layout="siz").prices()


def test_what_is_missing_is_told_apart(duck: Store) -> None:
    source = siz(duck)
    with pytest.raises(UnknownNameError, match="named '9'"):
        source.prices(["1", "9"])
    with pytest.raises(DataError, match="2 has no price between the dates asked for; it has 2023-03-06 to 2023-03-08"):
        source.prices(["2"], date(2024, 1, 2))
    assert source.prices(["1"], date(2023, 3, 8)).close[0] == 5.5
    # The split of the first day asked for comes from the price before it.
    np.testing.assert_allclose(source.prices(["1"], date(2023, 3, 8)).split[0], 2.0, atol=1e-5)


def test_a_fill_by_exchange_needs_the_exchange(duck: Store) -> None:
    duck.fill("crsp.dsf", SIZ)
    duck.fill("crsp.dsedelist", DELISTED.drop(columns="hexcd"))
    with pytest.raises(InputError, match="the column 'hexcd' is missing"):
        CrspPrices(url_env=duck.url_env, layout="siz", delisting_fill="shumway").prices(["3"])


def test_real_prices_in_the_shape_of_crsp(store: Store, shared_data: Path) -> None:
    frames = []
    for permno, symbol in ((10001, "NVDA"), (10002, "BABA")):
        raw = pd.read_csv(shared_data / "market" / "baba" / "tiingo_1d" / f"{symbol}_1d.csv").rename(columns=str.lower)
        frame = pd.DataFrame(
            {
                "date": pd.to_datetime(raw["date"]).dt.tz_localize(None).dt.normalize(),
                "symbol": symbol,
                "permno": permno,
                "close": raw["close"],
                "volume": raw["volume"],
                "dividend": raw["divcash"],
                "split": raw["splitfactor"],
            }
        )
        frames.append(frame)
    table = pd.concat(frames, ignore_index=True)
    expected = PricePanel.from_frame(table.drop(columns="permno"))
    last = table.groupby("permno")["close"].shift()
    table["retx"] = (table["split"] * table["close"] / last - 1).round(6)
    table["ret"] = ((table["split"] * table["close"] + table["dividend"]) / last - 1).round(6)
    siz(store, table.rename(columns={"close": "prc", "volume": "vol"})[["permno", "date", "prc", "vol", "ret", "retx"]])
    found = CrspPrices(url_env=store.url_env, layout="siz", permnos={"NVDA": 10001, "BABA": 10002})
    panel = found.prices(["NVDA", "BABA"])
    np.testing.assert_array_equal(panel.close, expected.close)
    np.testing.assert_allclose(panel.total_return, expected.total_return, atol=5.1e-7)
    np.testing.assert_allclose(panel.split, expected.split, rtol=1e-5)
    np.testing.assert_allclose(panel.dividend, expected.dividend, atol=2e-3)
    assert panel.split.max() == pytest.approx(10.0, rel=1e-5)


def test_an_index_that_the_table_lacks_is_not_there(store: Store) -> None:
    source = siz(store)
    panel = source.prices(["1"], optional=["vwretx"])
    assert panel.symbols == ("1",)
    np.testing.assert_array_equal(panel.series("1").close, [10.0, 10.5, 5.5, np.nan, 6.0])
    with pytest.raises(UnknownNameError, match=r"^There is no symbol in .*crsp\.dsf.* named 'vwretx'\. Known: 1\.$"):
        source.prices(["1", "vwretx"])


def test_an_index_that_ciz_gives_no_number(store: Store) -> None:
    frame = pd.DataFrame(
        {
            "permno": [2, 2],
            "dlycaldt": DAYS[:2],
            "dlyprc": [20.0, 18.0],
            "dlyret": [0.01, -0.1],
            "dlyretx": [0.01, -0.1],
        }
    )
    store.fill("crsp.dsf_v2", frame)
    store.fill("crsp.inddlyseriesdata", pd.DataFrame({"indno": [1000200], "dlycaldt": DAYS[:1], "dlytotret": [0.1]}))
    panel = CrspPrices(url_env=store.url_env, layout="ciz").prices(["2"], optional=["sprtrn"])
    assert panel.symbols == ("2",)
    np.testing.assert_array_equal(panel.series("2").total_return, [0.01, -0.1])


def test_a_table_that_is_none_of_crsp_s_names_what_it_lacks(duck: Store) -> None:
    siz(duck, SIZ.drop(columns="permno"))
    with pytest.raises(DataError, match=r"^crsp\.dsf: the column 'permno' is missing\.$"):
        CrspPrices(url_env=duck.url_env, layout="siz").prices(["1"])
    duck.fill("crsp.other", SIZ.drop(columns=["ret", "retx", "vol"]))
    with pytest.raises(
        DataError,
        match=r"neither 'dlyret' \(CIZ\) nor 'ret' \(SIZ\) is among the columns: permno, date, prc, openprc\.$",
    ):
        CrspPrices(url_env=duck.url_env, layout="siz", table="other").prices(["1"])


def test_rows_of_nobody_are_named() -> None:
    frame = SIZ.assign(permno=SIZ["permno"].astype(float).mask(SIZ.index == 2))
    with pytest.raises(DataError, match=r"^dsf, row 2: permno is empty\.$"):
        tidy(frame, "siz", Origin("dsf"))
    with pytest.raises(InputError, match="has the delisting returns in it already; adding dlret would count them"):
        tidy(SIZ, "ciz", Origin("dsf_v2"), delistings=DELISTED)

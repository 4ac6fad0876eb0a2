"""Yahoo's daily prices: yfinance's own client against a real server with made-up replies in Yahoo's shape."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from eventstudy.datasets import load_alibaba
from eventstudy.errors import (
    DataError,
    InputError,
    NetworkError,
    OfflineError,
    ParseError,
    RateLimitedError,
    SourceError,
    UnknownNameError,
    UnknownSymbolError,
)
from eventstudy.panels import PriceSeries
from eventstudy.sources import Client, ReplyCache, YahooPrices
from eventstudy.sources._yahoo_chart import plain_decimals
from eventstudy.sources.yahoo import daily_request
from tests.sources.network.loopback import (
    NOT_FOUND,
    Answer,
    Clock,
    LoopbackSession,
    Server,
    as_json,
    as_page,
    chart,
    refusal,
    seconds,
)

CHART = "/v8/finance/chart/"
DAYS = ["2025-09-15", "2025-09-16", "2025-09-17", "2025-09-18", "2025-09-19"]
TIMES = [seconds(f"{day} 09:30", -4) for day in DAYS]

# A share that split ten for one on Wednesday, and paid 0.40 per new share the day before and 0.50 on the day itself.
SPLIT = chart(
    TIMES,
    [90.0, 91.0, 92.0, 93.0, 94.0],
    symbol="SPLT",
    volume=[10_000, 20_000, 30_000, 40_000, 50_000],
    events={
        "splits": {
            str(TIMES[2]): {"date": TIMES[2], "numerator": 10, "denominator": 1, "splitRatio": "10:1"},
        },
        "dividends": {
            str(TIMES[1]): {"amount": 0.4, "date": TIMES[1]},
            str(TIMES[2]): {"amount": 0.5, "date": TIMES[2]},
        },
    },
)


def of_series(series: PriceSeries, symbol: str) -> dict[str, Any]:
    """Return what Yahoo would send of a share without splits."""
    times = [seconds(f"{day} 09:30", -4) for day in series.sessions]
    fields = {name: getattr(series, name).tolist() for name in ("open", "high", "low", "volume")}
    paid = [(time, amount) for time, amount in zip(times, series.dividend.tolist(), strict=True) if amount]
    events = {"dividends": {str(time): {"amount": amount, "date": time} for time, amount in paid}}
    return chart(times, series.close.tolist(), symbol=symbol, events=events, **fields)


def test_the_sample_through_yahoo_is_the_sample_bit_for_bit(client: Client, server: Server) -> None:
    sample = load_alibaba().prices.series("BABA")
    server.on(f"{CHART}BABA", as_json(of_series(sample, "BABA")))
    panel = YahooPrices().prices(["BABA"])
    assert panel.basis == ("unadjusted",)
    found = panel.series("BABA")
    np.testing.assert_array_equal(found.sessions, sample.sessions)
    for name in ("open", "high", "low", "close", "volume", "dividend", "split", "total_return"):
        np.testing.assert_array_equal(getattr(found, name), getattr(sample, name), err_msg=name)


def test_splits_are_taken_out_again(client: Client, server: Server) -> None:
    server.on(f"{CHART}SPLT", as_json(SPLIT))
    found = YahooPrices().prices(["SPLT"]).series("SPLT")
    assert found.close.tolist() == [900.0, 910.0, 92.0, 93.0, 94.0]
    assert found.volume.tolist() == [1_000, 2_000, 30_000, 40_000, 50_000]
    assert found.split.tolist() == [1, 1, 10, 1, 1]
    # Per share held before the split of the same day.
    assert found.dividend.tolist() == [0, 4.0, 5.0, 0, 0]
    # What a holder had: (910 + 4) / 900, then ten shares of 92 and 5 in cash for one of 910.
    np.testing.assert_allclose(found.total_return[1:3], [914 / 900 - 1, 925 / 910 - 1], rtol=1e-14)


def test_a_split_after_the_dates_wanted_counts_all_the_same(client: Client, server: Server) -> None:
    server.on(f"{CHART}SPLT", as_json(SPLIT))
    found = YahooPrices().prices(["SPLT"], date(2025, 9, 15), date(2025, 9, 16)).series("SPLT")
    assert found.close.tolist() == [900.0, 910.0]
    assert YahooPrices(end=date(2025, 9, 15)).prices(["SPLT"]).series("SPLT").close.tolist() == [900.0]
    assert server.asked[-1].query["period2"] == "9999999999"


@pytest.fixture
def ticker(server: Server, _yfinance_apart: None) -> Iterator[Any]:
    """Return yfinance's own Ticker, talking to the server, with nothing left behind."""
    import yfinance
    from yfinance.data import SingletonMeta, YfData

    hidden = yfinance.config.debug.hide_exceptions
    yfinance.config.debug.hide_exceptions = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield lambda symbol: yfinance.Ticker(symbol, session=LoopbackSession(server.base))
    yfinance.config.debug.hide_exceptions = hidden
    YfData.cache_get.cache_clear()
    SingletonMeta._instances.clear()


def test_yfinance_s_own_table_says_the_same_before_splits_are_taken_out(
    client: Client, server: Server, ticker: Any
) -> None:
    server.on(f"{CHART}SPLT", as_json(SPLIT))
    table = ticker("SPLT").history(start="2025-09-15", end="2025-09-20", auto_adjust=False, actions=True)
    found = YahooPrices().prices(["SPLT"]).series("SPLT")
    later = np.array([10, 10, 1, 1, 1])
    assert [str(day.date()) for day in table.index] == DAYS
    np.testing.assert_array_equal(table["Close"] * later, found.close)
    np.testing.assert_array_equal(table["Volume"] / later, found.volume)
    np.testing.assert_array_equal(table["Stock Splits"], np.where(found.split == 1, 0, found.split))


def test_our_client_does_not_become_yfinance_s(client: Client, server: Server) -> None:
    from yfinance.data import SingletonMeta, YfData

    server.on(f"{CHART}SPLT", as_json(SPLIT))
    YahooPrices().prices(["SPLT"])
    assert YfData not in SingletonMeta._instances


def test_yahoo_s_32_bits_are_written_as_they_were_meant() -> None:
    meant = np.array([135.97, 0.01, 4321.5, 903.63, 100.0])
    sent = meant.astype(np.float32).astype(np.float64)
    assert sent[0] == 135.97000122070312
    np.testing.assert_array_equal(plain_decimals(sent), meant)
    exact = np.array([135.97, 1 / 3, np.nan])
    np.testing.assert_array_equal(plain_decimals(exact), exact)


def test_a_session_that_is_not_over_has_no_close(client: Client, server: Server, clock: Clock) -> None:
    times = [*TIMES, seconds("2025-09-22 09:30", -4)]
    server.on(f"{CHART}LIVE", as_json(chart(times, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])))
    clock.time = datetime(2025, 9, 22, 20, 29, tzinfo=UTC)
    assert YahooPrices().prices(["LIVE"]).series("LIVE").close.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    clock.time = datetime(2025, 9, 23, 20, 30, tzinfo=UTC)
    assert YahooPrices().prices(["LIVE"]).series("LIVE").close[-1] == 6.0


def test_odd_rows(client: Client, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    times = [
        seconds("2025-08-28 09:30", -4),
        seconds("2025-08-29 09:30", -4),
        seconds("2025-09-01 09:30", -4),  # Labor Day
        seconds("2025-09-02 09:30", -4),
        seconds("2025-09-03 09:30", -4),
        seconds("2025-09-03 16:00", -4),  # a live quote as a row of its own
        seconds("2025-09-04 09:30", -4),
    ]
    closes = [None, 10.0, 10.0, None, 12.0, 12.5, None]
    payload = chart(times, closes, open=[0.0, 0.0, 10.0, None, 11.0, 12.5, None])
    server.on(f"{CHART}ODD", as_json(payload))
    found = YahooPrices().prices(["ODD"]).series("ODD")
    assert [str(day) for day in found.sessions] == ["2025-08-29", "2025-09-02", "2025-09-03"]
    np.testing.assert_array_equal(found.close, [10.0, np.nan, 12.0])
    np.testing.assert_array_equal(found.open, [np.nan, np.nan, 11.0])
    assert "ODD has rows on dates without a session: 2025-09-01" in caplog.text


def test_an_ex_date_without_a_row_counts_on_the_next(client: Client, server: Server) -> None:
    holiday = seconds("2025-09-01 09:30", -4)
    times = [seconds("2025-08-29 09:30", -4), seconds("2025-09-02 09:30", -4)]
    events = {"dividends": {"x": {"amount": 0.25, "date": holiday}}}
    server.on(f"{CHART}EXD", as_json(chart(times, [10.0, 11.0], events=events)))
    assert YahooPrices().prices(["EXD"]).series("EXD").dividend.tolist() == [0.0, 0.25]


def test_hong_kong_has_its_own_dates(client: Client, server: Server) -> None:
    times = [seconds("2025-02-20 09:30", 8), seconds("2025-02-21 09:30", 8)]
    server.on(f"{CHART}9988.HK", as_json(chart(times, [121.0, 138.7], zone="Asia/Hong_Kong")))
    found = YahooPrices().prices(["9988.HK"]).series("9988.HK")
    assert found.calendar.code == "XHKG"
    assert [str(day) for day in found.sessions] == ["2025-02-20", "2025-02-21"]


@pytest.mark.parametrize(
    ("symbol", "path"),
    [
        ("../../etc", "..%2F..%2Fetc"),
        ("A/B", "A%2FB"),
        ("BRK.B", "BRK-B"),
        ("9988.HK", "9988.HK"),
        ("^GSPC", "%5EGSPC"),
        ("a?b=c&d#e", "a%3Fb%3Dc%26d%23e"),
    ],
)
def test_odd_symbols_are_only_names(client: Client, server: Server, symbol: str, path: str) -> None:
    server.on(CHART + path, as_json(SPLIT))
    assert YahooPrices(calendar="XNYS").prices([symbol]).symbols == (symbol,)
    assert set(server.paths("chart")) == {CHART + path}
    assert server.asked[-1].host == "query2.finance.yahoo.com"


def test_the_order_asked_for_does_not_matter(client: Client, server: Server) -> None:
    for symbol in ("SPY", "AAA", "BABA"):
        server.on(CHART + symbol, as_json(SPLIT))
    assert YahooPrices().prices(["SPY", "BABA", "AAA", "SPY"]).symbols == ("AAA", "BABA", "SPY")
    assert server.paths("chart") == [f"{CHART}SPY", f"{CHART}BABA", f"{CHART}AAA"]


def test_an_unknown_symbol_is_told_from_a_network_that_is_down(
    client: Client, server: Server, cache: ReplyCache
) -> None:
    server.on(f"{CHART}BABX", NOT_FOUND)
    with pytest.raises(UnknownSymbolError, match=r"^There is no symbol at Yahoo named 'BABX'.$") as caught:
        YahooPrices().prices(["BABX"])
    assert isinstance(caught.value, UnknownNameError)
    assert "delisted" not in str(caught.value)
    # That it is unknown is an answer, kept like any other.
    assert cache.get(daily_request("BABX", YahooPrices().start)) is not None
    server.close()
    with pytest.raises(NetworkError, match=r"query2.finance.yahoo.com can't be reached"):
        YahooPrices().prices(["OTHER"])


def test_a_dead_ticker_among_many_is_left_out_and_a_failure_is_not(client: Client, server: Server) -> None:
    server.on(f"{CHART}SPLT", as_json(SPLIT))
    server.on(f"{CHART}GONE", NOT_FOUND)
    server.on(f"{CHART}BUSY", Answer(429))
    assert YahooPrices().prices(["SPLT"], optional=["GONE"]).symbols == ("SPLT",)
    assert YahooPrices().prices(optional=["GONE", "SPLT"]).symbols == ("SPLT",)
    with pytest.raises(UnknownSymbolError, match="GONE"):
        YahooPrices().prices(optional=["GONE"])
    with pytest.raises(RateLimitedError):
        YahooPrices().prices(["SPLT"], optional=["BUSY"])


def test_yfinance_retries_and_so_do_we(client: Client, server: Server, clock: Clock) -> None:
    server.on(f"{CHART}SPLT", Answer(429), Answer(429), Answer(500), as_json(SPLIT))
    assert YahooPrices().prices(["SPLT"]).symbols == ("SPLT",)
    # yfinance asks twice whenever it is refused, so that three refusals are two attempts of ours.
    assert len(server.paths("chart")) == 4
    assert [pause for pause in clock.pauses if pause > 1] == [2.0]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Answer(429), RateLimitedError, "refuses to answer so many requests"),
        (Answer(500), NetworkError, "fails on its side .HTTP 500."),
        (Answer(401, b"{}"), SourceError, "does not let this client in .HTTP 401."),
        (as_page("<h1>Consent</h1>"), ParseError, "sent a web page where JSON was expected"),
        (replace(as_json(SPLIT), cut=40), ParseError, "cut its reply short"),
        (Answer(body=as_json(SPLIT).body[:-40]), ParseError, "cut short or no JSON"),
        (as_json({"chart": {"result": [{}], "error": None}}), ParseError, "does not have the shape of one"),
        (as_json({"finance": {}}), ParseError, "does not have the shape of one .KeyError: 'chart'."),
        (as_json(chart(TIMES, [1.0, 2.0])), ParseError, "2 values for 5 times"),
        (as_json(chart(TIMES[::-1], [1.0] * 5)), ParseError, "not in the order of time"),
        (
            as_json(refusal("Bad Request", "Invalid input"), 400),
            SourceError,
            "refuses the chart of SPLT: Invalid input",
        ),
    ],
    ids=["429", "500", "401", "page", "cut", "half", "empty", "other", "uneven", "backwards", "400"],
)
def test_every_failure_has_its_name_and_nothing_is_kept(
    client: Client, server: Server, cache: ReplyCache, answer: Answer, kind: type, words: str
) -> None:
    server.on(f"{CHART}SPLT", answer)
    with pytest.raises(kind, match=words) as caught:
        YahooPrices().prices(["SPLT"])
    assert type(caught.value) is kind
    assert cache.info().replies == {}
    server.on(f"{CHART}SPLT", as_json(SPLIT))
    assert YahooPrices().prices(["SPLT"]).symbols == ("SPLT",)


@pytest.mark.parametrize(
    "answer",
    [
        as_json(refusal("Bad Request", "Data doesn't exist for startDate = 1, endDate = 2"), 400),
        as_json(chart([], [])),
    ],
)
def test_no_row_is_no_unknown_symbol(client: Client, server: Server, answer: Answer) -> None:
    server.on(f"{CHART}NEW", answer)
    server.on(f"{CHART}SPLT", as_json(SPLIT))
    with pytest.raises(DataError, match="NEW has no price"):
        YahooPrices().prices(["NEW", "SPLT"])
    assert YahooPrices().prices(["SPLT"], optional=["NEW"]).symbols == ("SPLT",)


def test_no_row_between_the_dates(client: Client, server: Server) -> None:
    server.on(f"{CHART}SPLT", as_json(SPLIT))
    with pytest.raises(DataError, match="SPLT has no price between the dates asked for; it has 2025-09-15"):
        YahooPrices().prices(["SPLT"], date(2020, 1, 1), date(2020, 12, 31))


def test_symbols_are_needed(client: Client) -> None:
    with pytest.raises(InputError, match="name those whose prices are wanted"):
        YahooPrices().prices()


def test_offline_gives_the_same_bytes_for_ever(client: Client, server: Server, clock: Clock) -> None:
    from eventstudy.sources import offline

    server.on(f"{CHART}SPLT", as_json(SPLIT))
    server.on(f"{CHART}GONE", NOT_FOUND)
    online = YahooPrices().prices(["SPLT"], optional=["GONE"]).digest()
    server.on(f"{CHART}SPLT", as_json(chart(TIMES, [1.0] * 5)))
    asked = len(server.asked)
    clock.time += timedelta(days=1000)
    with offline():
        assert YahooPrices().prices(["SPLT"], optional=["GONE"]).digest() == online
        with pytest.raises(OfflineError, match="chart/NEVER"):
            YahooPrices().prices(["NEVER"])
    assert len(server.asked) == asked
    assert YahooPrices().prices(["SPLT"]).digest() != online


def test_prices_of_dates_that_are_over_stay_fresh(client: Client, server: Server, clock: Clock) -> None:
    server.on(f"{CHART}SPLT", as_json(SPLIT))
    source = YahooPrices(end=date(2025, 9, 18))
    source.prices(["SPLT"])
    clock.time += timedelta(days=1000)
    source.prices(["SPLT"])
    assert len(server.paths("chart")) == 1
    YahooPrices().prices(["SPLT"])
    assert len(server.paths("chart")) == 2

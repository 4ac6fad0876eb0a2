"""CSV files of prices and events: layouts that agree, and what a broken file says."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstudy.datasets import load_alibaba
from eventstudy.errors import DataError, InputError, UnknownNameError
from eventstudy.sources import CsvEvents, CsvPrices

LONG = """date,symbol,close
2025-02-19,BABA,125.79
2025-02-20,BABA,135.97
2025-02-21,BABA,143.75
2025-02-20,NEW,10
2025-02-24,NEW,11
"""
WIDE = """date,BABA,NEW
2025-02-19,125.79,
2025-02-20,135.97,10
2025-02-21,143.75,
2025-02-24,,11
"""
EVENTS = """symbol,announced_at,date,timing,eps,sector
BABA,2025-02-20T05:36:00-05:00,2025-02-20,,1.5,retail
NVDA,,2025-02-26,AMC,,chips
"""
Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a file ``t.csv`` and returns its path."""

    def to_disk(content: str | bytes) -> Path:
        path = tmp_path / "t.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return to_disk


def complains(path: Path, message: str) -> AbstractContextManager[object]:
    return pytest.raises(DataError, match=f"^{re.escape(str(path))}{message}")


def test_long_and_wide_give_the_same_panel(write: Write) -> None:
    long = CsvPrices(path=write(LONG)).prices()
    wide = CsvPrices(path=write(WIDE)).prices()
    assert wide.digest() == long.digest()
    np.testing.assert_array_equal(wide.series("NEW").close, [10.0, np.nan, 11.0])
    np.testing.assert_allclose(wide.series("BABA").total_return, [np.nan, 10.18 / 125.79, 7.78 / 135.97], rtol=1e-12)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(LONG.splitlines()[1:]))
def test_the_order_of_the_lines_does_not_matter(write: Write, lines: list[str]) -> None:
    shuffled = "\n".join(["date,symbol,close", *lines])
    source = CsvPrices(path=Path("t.csv"))
    assert source.parse(shuffled.encode()).digest() == source.parse(LONG.encode()).digest()


def test_the_embedded_files_read_as_csv_give_the_sample(write: Write) -> None:
    sample = load_alibaba()
    content = sample.prices.to_frame().drop(columns="total_return").to_csv(index=False, lineterminator="\n")
    basis = {"SPY": "adjusted", "KWEB": "adjusted"}
    assert CsvPrices(path=write(content), basis=basis).prices().digest() == sample.prices.digest()


def test_symbols_and_dates_are_chosen(write: Write) -> None:
    for content in (LONG, WIDE):
        source = CsvPrices(path=write(content))
        panel = source.prices(["BABA"], date(2025, 2, 20), date(2025, 2, 20))
        assert panel.symbols == ("BABA",)
        assert panel.close.tolist() == [135.97]
        assert source.prices(["NEW"], optional=["BABA", "GONE"]).symbols == ("BABA", "NEW")
        with pytest.raises(UnknownNameError, match=r"named 'BAB'. Did you mean 'BABA'?"):
            source.prices(["BAB"])
        with pytest.raises(DataError, match=r"BABA has no price between .* it has 2025-02-19 to 2025-02-21"):
            source.prices(["BABA"], date(2025, 2, 24))


def test_columns_dates_and_returns_in_the_words_of_the_file(write: Write) -> None:
    content = "Day,Ticker,PRC\n20.02.2025,BABA,-135.97\n21.02.2025,BABA,143.75\n"
    columns = {"date": "Day", "symbol": "Ticker", "close": "PRC"}
    panel = CsvPrices(path=write(content), columns=columns, date_format="%d.%m.%Y", midpoints=True).prices()
    assert panel.close.tolist() == [135.97, 143.75]

    wide = "date,SPY,ONE\n2025-02-20,-0.0042,0.01\n2025-02-21,-0.0171,0\n"
    returns = CsvPrices(path=write(wide), kind="returns", columns={"IBM": "ONE"}).prices()
    assert returns.symbols == ("IBM", "SPY")
    assert returns.series("SPY").total_return.tolist() == [-0.0042, -0.0171]
    assert returns.basis == ("returns", "returns")

    long = "date,symbol,ret\n2025-02-20,SPY,-0.0042\n"
    same = CsvPrices(path=write(long), kind="returns", columns={"return": "ret"}).prices()
    assert same.total_return.tolist() == [-0.0042]
    with complains(write(LONG), ": the column 'return' is missing"):
        CsvPrices(path=write(LONG), kind="returns").prices()


def test_a_calendar_and_a_basis_for_each_symbol(write: Write) -> None:
    panel = CsvPrices(path=write(LONG), calendar={"NEW": "XNAS"}, basis={"NEW": "adjusted"}).prices()
    assert [calendar.code for calendar in panel.listing.calendars] == ["XNYS", "XNAS"]
    assert panel.basis == ("unadjusted", "adjusted")


@pytest.mark.parametrize("ticker", ["ON", "TRUE", "NO", "NULL", "NA", "NaN", "Y", "None", "1E5", "0700"])
def test_tickers_stay_text(write: Write, ticker: str) -> None:
    path = write(f"date,symbol,close\n2025-02-20,{ticker},10\n")
    assert CsvPrices(path=path).prices().symbols == (ticker,)
    path = write(f"date,{ticker}\n2025-02-20,10\n")
    assert CsvPrices(path=path).prices([ticker]).symbols == (ticker,)
    path = write(f"symbol,date\n{ticker},2025-02-20\n")
    assert CsvEvents(path=path).events().symbol.tolist() == [ticker]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (LONG + "2025-02-19,BABA,1\n", ", line 7: BABA has 2025-02-19 a second time .first in .*t.csv, line 2."),
        (WIDE + "2025-02-20,1,1\n", ", line 6: BABA has 2025-02-20 a second time .first in .*t.csv, line 3."),
        (
            LONG + "2025-02-25,NEW,0\n",
            ", line 7: close of NEW is 0; a price must be above zero; a cell of a session without",
        ),
        (WIDE + "2025-02-25,,-3\n", ", line 6: close of NEW is -3; .*declare midpoints"),
        (LONG + "\n2025-02-25,NEW,-\n", ", line 8: close is '-'; it must be a number or empty"),
        (LONG + '2025-02-25,NEW,"1,234"\n', ", line 7: close is '1,234'; it must be a number or empty"),
        (WIDE + '2025-02-25,,"1,234"\n', ", line 6: NEW is '1,234'; it must be a number or empty"),
        (LONG + "2025-02-25,NEW,1,234\n", ", line 7: there are 4 cells under 3 columns; a comma inside a cell"),
        (LONG + "2025-02-25,NE", ", line 7: there are 2 cells under 3 columns; the line is cut short"),
        (LONG + "2025-02-30,NEW,1\n", ", line 7: date is '2025-02-30'; an ISO date"),
        (LONG + "2025-02-22,NEW,1\n", ", line 7: 2025-02-22 of NEW is not a session of XNYS"),
        (LONG + "2025-02-25,,1\n", ", line 7: symbol is empty"),
        (LONG + ",NEW,1\n", ", line 7: date is empty"),
        (LONG.replace("date", "Date"), ": the column 'date' is missing. Did you mean 'Date'?"),
        (LONG.replace("symbol", "ticker"), ": the column 'symbol' is missing beside 'close'. .*layout: wide"),
        (LONG.replace("symbol", "date"), ": the column 'date' stands twice"),
        (
            LONG.replace(",", ";"),
            ": semicolons part the cells; save it with commas between them, and points in numbers",
        ),
        (
            LONG.replace("close", "Adj Close"),
            r": the column 'close' is missing .or 'adj_close', or 'return'.. Did you mean 'Adj Close'.$",
        ),
        (WIDE.replace("NEW", ""), ": a column has no name; in a wide file the name is the symbol"),
        ("date,symbol,close\n", ": the file has a header and no rows"),
        ("date\n2025-02-20\n", ": there is no column of prices beside 'date'"),
        ("", ": the file is empty"),
        (" \n\n", ": the file is empty"),
        ("<!DOCTYPE html><html><body>Too many requests</body></html>", ": this is an HTML or XML page"),
        ('{"chart": null}', ": this is JSON"),
        (b"PK\x03\x04xlsx", ": this is a ZIP or Excel file"),
        (b"PAR1\x00", ": this is a Parquet file"),
        (LONG.encode("utf-16"), ": this is text in UTF-16"),
        (LONG.encode() + b"2025-02-25,S\xe9,1\n", ", line 7: the byte 0xe9 is not UTF-8"),
        (LONG + 'a"b\n"', ", line 7: there are 1 cells under 3 columns"),
        (LONG + "\N{NO-BREAK SPACE}\n2025-02-25,NEW,1\n", ", line 7: there are 1 cells under 3 columns"),
        (LONG + "\f\n2025-02-25,NEW,1\n", ", line 7: there are 1 cells under 3 columns"),
        (LONG + '""\n', ": 5 rows stand in the file, 6 could be read; a line with nothing but an empty cell in quotes"),
        (
            LONG + '2025-02-25,"NEW,1\n' + "2025-02-26,NEW,1\n" * 8000,
            r", line 7: this can't be read as CSV \(.*131072\)\); is a quote there that is never closed\?",
        ),
    ],
)
def test_a_broken_file_of_prices_says_where(write: Write, content: str | bytes, message: str) -> None:
    path = write(content)
    with complains(path, message):
        CsvPrices(path=path).prices()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with complains(tmp_path / "gone.csv", ": there is no such file"):
        CsvPrices(path=tmp_path / "gone.csv").prices()
    with complains(tmp_path, ": the file can't be read"):
        CsvEvents(path=tmp_path).events()


def test_a_column_that_was_named_and_is_not_there(write: Write) -> None:
    path = write(LONG)
    with complains(path, ": the column 'Close' is missing. Did you mean 'close'?"):
        CsvPrices(path=path, columns={"close": "Close"}).prices()


def test_words_of_the_settings() -> None:
    with pytest.raises(InputError, match=r"no kind of a price file named 'return'. Did you mean 'returns'?"):
        CsvPrices(path=Path("t.csv"), kind="return")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"no layout of a price file named 'wid'. Did you mean 'wide'?"):
        CsvPrices(path=Path("t.csv"), layout="wid")  # type: ignore[arg-type]


def test_lower_case_tickers_in_a_file_said_to_be_wide(write: Write) -> None:
    path = write("date,open\n2025-02-20,10\n")
    assert CsvPrices(path=path, layout="wide").prices().symbols == ("open",)


def test_lines_are_counted_past_quotes_blank_lines_and_marks(write: Write) -> None:
    content = '\ufeffdate,symbol,note,close\r\n\r\n2025-02-20,NEW,"two\r\nlines",10\r\n2025-02-21,NEW,,x\r\n'
    path = write(content)
    with complains(path, ", line 5: close is 'x'"):
        CsvPrices(path=path).prices()
    assert CsvPrices(path=write(content.replace(",x", ",11"))).prices().close.tolist() == [10.0, 11.0]


@pytest.mark.parametrize("blank", ["", "  ", "\t", " \t "])
def test_a_line_of_blanks_is_no_row(write: Write, blank: str) -> None:
    path = write(f"date,symbol,close\n2025-02-20,NEW,10\n{blank}\n2025-02-21,NEW,11\n")
    assert CsvPrices(path=path).prices().close.tolist() == [10.0, 11.0]


def test_events_of_a_file(write: Write) -> None:
    events = CsvEvents(path=write(EVENTS)).events()
    assert events.event_id.tolist() == ["BABA-2025-02-20", "NVDA-2025-02-26"]
    assert events.timing.tolist() == ["unknown", "after_close"]
    assert events.precision.tolist() == ["minute", "date"]
    np.testing.assert_array_equal(events.values["eps"], [1.5, np.nan])
    assert events.groups["sector"].tolist() == ["retail", "chips"]
    assert set(events.source) == {"csv"}
    assert set(events.kind) == {"earnings"}


def test_the_embedded_events_read_as_csv_give_the_sample() -> None:
    folder = Path(__file__).resolve().parents[2] / "eventstudy" / "datasets" / "alibaba"
    events = CsvEvents(path=folder / "earnings.csv").events()
    sample = load_alibaba().events.to_frame().drop(columns=["source", "company"])
    assert events.to_frame().drop(columns="source").equals(sample)


def test_events_by_kind_symbol_and_zone(write: Write) -> None:
    rows = ("BABA,2025-02-20 05:36,earnings", "BABA,2025-03-20 05:36,split", "NVDA,2025-02-26 16:20,earnings")
    content = "\n".join(["ticker,when,kind", *rows])
    path = write(content)
    source = CsvEvents(
        path=path, columns={"symbol": "ticker", "announced_at": "when"}, zone="America/New_York", kind="earnings"
    )
    assert source.events().event_id.tolist() == ["BABA-2025-02-20", "NVDA-2025-02-26"]
    assert str(source.events(["BABA"]).announced_at[0]) == "2025-02-20T10:36:00"
    with pytest.raises(UnknownNameError, match=r"no symbol with earnings in .* named 'NVDX'. Did you mean 'NVDA'?"):
        source.events(["NVDX"])
    with pytest.raises(UnknownNameError, match=r"no kind of event in .* named 'splits'. Did you mean 'split'?"):
        CsvEvents(path=path, columns=source.columns, zone=source.zone, kind="splits").events()


def test_a_kind_that_the_file_does_not_state_is_what_all_are(write: Write) -> None:
    events = CsvEvents(path=write(EVENTS), kind="product", symbols=("NVDA",)).events()
    assert (events.symbol.tolist(), events.kind.tolist()) == (["NVDA"], ["product"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("IBM,2025-02-26 16:20,,,,", ", line 4: announced_at is '2025-02-26 16:20'; .*offset"),
        ("IBM,2025-02-30T16:20Z,,,,", ", line 4: announced_at is '2025-02-30T16:20Z'; a time such as"),
        ("IBM,,2025-02-30,,,", ", line 4: date is '2025-02-30'; an ISO date"),
        ("IBM,,,,,", ", line 4: neither announced_at nor date is given"),
        ("BABA,,2025-02-20,,,", ", line 4: the event id 'BABA-2025-02-20' stands a second time .first in .*, line 2."),
        ("IBM,,2025-02-20,lunch,,", ", line 4: timing is 'lunch'"),
        ('IBM,,2025-02-20,,"1,234",', ", line 4: eps is '1,234' in a column of numbers"),
        ("IBM,,2025-02-20,,12%,", ", line 4: eps is '12%' in a column of numbers"),
        ("IBM,,2025-02-20,,-,", ", line 4: eps is '-' in a column of numbers"),
        ("IBM,,2025-02-20,,n/a,", ", line 4: eps is 'n/a' in a column of numbers"),
        (",,2025-02-20,,,", ", line 4: symbol is empty"),
    ],
)
def test_a_broken_event_says_where(write: Write, line: str, message: str) -> None:
    path = write(EVENTS + line + "\n")
    with complains(path, message):
        CsvEvents(path=path).events()


def test_a_column_with_words_is_a_group(write: Write) -> None:
    content = EVENTS.replace(",1.5,", ",3711,").replace("AMC,,", "AMC,37A1,")
    assert CsvEvents(path=write(content)).events().groups["eps"].tolist() == ["3711", "37A1"]


def test_events_without_a_needed_column(write: Write) -> None:
    path = write(EVENTS.replace("symbol", "Symbol"))
    right = "Did you mean 'Symbol'? Another name for it goes under columns: {symbol: ...}."
    with complains(path, f": the column 'symbol' is missing. {re.escape(right)}$"):
        CsvEvents(path=path).events()

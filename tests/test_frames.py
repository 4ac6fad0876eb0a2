"""The door: what a column may hold, and the place that an error names."""

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import DataError
from eventstudy.frames import Origin, date_column, number_column, rename_columns, require_columns, text_column

FRAME = Origin("prices")


def test_places_are_rows_lines_or_the_lines_given() -> None:
    assert Origin("t").row(3) == "t, row 3"
    assert Origin("t.csv", first_line=2).row(3) == "t.csv, line 5"
    assert Origin("t.csv", lines=np.array([2, 9])).row(1) == "t.csv, line 9"


def test_rows_that_were_chosen_keep_their_places() -> None:
    rows = np.array([4, 7])
    assert Origin("t.csv", first_line=2).take(rows).row(1) == "t.csv, line 9"
    assert Origin("t.csv", lines=np.arange(10, 20)).take(rows).row(1) == "t.csv, line 17"
    assert Origin("t").take(rows).row(1) == "t, row 7"
    assert Origin("t").take(rows).take(np.array([1])).row(0) == "t, row 7"


def test_a_missing_column_names_the_nearest() -> None:
    with pytest.raises(DataError, match=r"prices: the column 'close' is missing. Did you mean 'Close'?"):
        require_columns(pd.DataFrame({"Close": [1.0]}), ["close"], FRAME)


def test_columns_take_our_names_and_a_named_column_wins() -> None:
    table = pd.DataFrame({"day": ["2025-02-20"], "close": [1.0], "PRC": [2.0], "volume": [3.0]})
    renamed = rename_columns(table, {"date": "day", "known_at": "day", "close": "PRC"}, FRAME)
    assert sorted(renamed.columns) == ["close", "date", "known_at", "volume"]
    assert renamed["close"].tolist() == [2.0]
    assert renamed["known_at"].tolist() == ["2025-02-20"]
    with pytest.raises(DataError, match="the column 'PRICE' is missing"):
        rename_columns(table, {"close": "PRICE"}, FRAME)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["BABA", True], "prices, row 1: symbol is 'True'; it must be text .quote a ticker such as ON or TRUE"),
        (["BABA", None], "prices, row 1: symbol is empty; it must not be empty"),
        (["BABA", " "], "prices, row 1: symbol is ' '; it must be text"),
        ([9988, "BABA"], "prices, row 0: symbol is '9988'; it must be text"),
    ],
)
def test_text_is_text(cells: list[object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        text_column(pd.DataFrame({"symbol": pd.Series(cells, dtype=object)}), "symbol", FRAME)


@pytest.mark.parametrize("word", ["1,234", "-", "n/a", "12%", "inf"])
def test_what_is_no_number_is_an_error_with_its_row(word: str) -> None:
    table = pd.DataFrame({"close": ["1.5", "", word]}).replace("", None)
    with pytest.raises(DataError, match=f"prices, row 2: close is '{word}'"):
        number_column(table, "close", FRAME)


def test_numbers_keep_all_their_digits_and_empty_is_nan() -> None:
    column = number_column(pd.DataFrame({"close": ["137.81", None, "1e-3"]}), "close", FRAME)
    np.testing.assert_array_equal(column, [137.81, np.nan, 0.001])


def test_truth_values_are_no_numbers() -> None:
    with pytest.raises(DataError, match="prices, row 0: close is 'True'; a number was expected"):
        number_column(pd.DataFrame({"close": [True, False]}), "close", FRAME)


@pytest.mark.parametrize("word", ["2025-02-30", "20/02/2025", "now", "2025", "yesterday", "2025-02"])
def test_what_is_no_iso_date_is_an_error_with_its_row(word: str) -> None:
    with pytest.raises(DataError, match=f"prices, row 1: date is '{word}'; an ISO date such as 2025-02-20"):
        date_column(pd.DataFrame({"date": ["2025-02-20", word]}), "date", FRAME)


def test_dates_in_their_forms() -> None:
    expected = np.array(["2025-02-20"], dtype="datetime64[D]")
    for cell in ("2025-02-20", "20250220", "2025-02-20 00:00:00", pd.Timestamp("2025-02-20")):
        assert date_column(pd.DataFrame({"date": [cell]}), "date", FRAME) == expected
    table = pd.DataFrame({"date": ["20.02.2025"]})
    assert date_column(table, "date", FRAME, date_format="%d.%m.%Y") == expected
    with pytest.raises(DataError, match=r"a date in the form %d.%m.%Y was expected"):
        date_column(pd.DataFrame({"date": ["2025-02-20"]}), "date", FRAME, date_format="%d.%m.%Y")


@pytest.mark.parametrize(
    "column",
    [
        ["2025-02-20", "2025-02-20T21:00:00-05:00"],
        ["2025-02-20", "2025-02-20 00:00Z"],
        pd.to_datetime(["2025-02-20", "2025-02-21"]).tz_localize("UTC"),
    ],
)
def test_a_date_with_a_time_zone_is_an_error(column: object) -> None:
    with pytest.raises(DataError, match="time zone"):
        date_column(pd.DataFrame({"date": column}), "date", FRAME)


def test_an_empty_date_is_an_error_only_where_one_is_needed() -> None:
    table = pd.DataFrame({"date": ["2025-02-20", None]})
    with pytest.raises(DataError, match="prices, row 1: date is empty; a date is needed"):
        date_column(table, "date", FRAME)
    assert np.isnat(date_column(table, "date", FRAME, required=False)).tolist() == [False, True]


def test_a_form_of_dates_that_is_none_is_said() -> None:
    table = pd.DataFrame({"date": ["20.02.2025"]})
    assert date_column(table, "date", FRAME, date_format="%d.%m.%Y").astype(str).tolist() == ["2025-02-20"]
    with pytest.raises(DataError) as caught:
        date_column(table, "date", FRAME, date_format="%q")
    words = "prices: date can't be read in the form '%q', which is none: 'q' is a bad directive in format '%q'."
    assert str(caught.value) == words
    with pytest.raises(DataError, match=r"can't be read in the form '%d\.%d', which is none: redefinition of"):
        date_column(table, "date", FRAME, date_format="%d.%d")

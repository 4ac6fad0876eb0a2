"""Batches of a long table, gathered: the rows of the table, whatever its words are and wherever they lie."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from eventstudy.sources._gather import gathered

ROWS = 90_000


@pytest.mark.parametrize("symbols", [4, 300, 40_000])
@pytest.mark.parametrize("order", ["sorted", "shuffled", "sorted, with gaps"])
def test_rows_are_those_of_the_table(symbols: int, order: str) -> None:
    rng = np.random.default_rng(symbols)
    code = rng.integers(0, symbols, ROWS)
    if order.startswith("sorted"):
        code.sort()
    names = np.array([f"S{each:05d}" for each in range(symbols)], dtype=object)[code]
    if order == "sorted, with gaps":
        names[rng.random(ROWS) < 0.01] = None
    days = rng.integers(0, 20_000, ROWS).astype("datetime64[D]")
    numbers = np.where(rng.random(ROWS) < 0.1, np.nan, rng.normal(size=ROWS))
    table = pa.table({"date": pa.array(days), "symbol": pa.array(names), "return": numbers})
    batches = [
        pa.record_batch([column.combine_chunks() for column in table.slice(first, 7_000).columns], table.column_names)
        for first in range(0, ROWS, 7_000)
    ]
    found = gathered(batches, "symbol", "date", ["return"], ROWS)
    assert found["symbol"].astype(object).where(found["symbol"].notna(), None).tolist() == names.tolist()
    there = pd.unique(names[pd.notna(names)])
    assert found["symbol"].cat.categories.tolist() == there.tolist()
    assert found["date"].astype("datetime64[s]").to_numpy().astype("datetime64[D]").tolist() == days.tolist()
    np.testing.assert_array_equal(found["return"], numbers)


@pytest.mark.parametrize("index", [pa.int8(), pa.uint8(), pa.int32(), pa.uint64()])
@pytest.mark.parametrize("missing", [False, True])
def test_words_that_fill_their_type(*, index: pa.DataType, missing: bool) -> None:
    words = [f"W{each:03d}" for each in range(128)]
    names = [*words[::-1], None if missing else words[0]]
    column = pa.array(names).dictionary_encode().cast(pa.dictionary(index, pa.string()))
    days = np.arange(len(names)).astype("datetime64[D]")
    batch = pa.record_batch([pa.array(days), column, pa.array(np.ones(len(names)))], ["date", "symbol", "return"])
    found = gathered([batch], "symbol", "date", ["return"], len(names))
    assert found["symbol"].astype(object).where(found["symbol"].notna(), None).tolist() == names

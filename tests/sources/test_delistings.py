"""Delisting returns out of a table: included, missing, filled in, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.config import load
from eventstudy.errors import ConfigError, DataError, InputError
from eventstudy.findings import find
from eventstudy.panels import PricePanel
from eventstudy.sources import with_delistings
from tests.made_up import FIRST, SESSIONS, made_up_events, made_up_returns

DAYS = [str(day) for day in SESSIONS[FIRST : FIRST + 6]]
# Closes on the first three sessions; D goes on.
PRICES = pd.DataFrame(
    [(day, symbol, close) for symbol in "ABC" for day, close in zip(DAYS[:3], (10.0, 8.0, 6.0), strict=True)]
    + [(day, "D", 10.0) for day in DAYS],
    columns=["date", "symbol", "close"],
)


def left(**rows: tuple[int, float | None, bool, str]) -> pd.DataFrame:
    """Return delistings by symbol: the session, the return, whether for cause, the exchange."""
    table = [(DAYS[day], symbol, known, cause, where) for symbol, (day, known, cause, where) in rows.items()]
    return pd.DataFrame(table, columns=["date", "symbol", "return", "for_cause", "exchange"])


LEFT = left(A=(3, None, True, "Nasdaq"), B=(2, None, True, "NYSE"), C=(3, None, False, "Nasdaq"), Z=(0, None, True, ""))


@pytest.mark.parametrize(
    ("fill", "a", "b"),
    [
        (None, np.nan, np.nan),
        # Shumway and Warther (1999) and Shumway (1997), as they print them.
        ("shumway", -0.55, 0.75 * 0.70 - 1),
        (-0.4, -0.4, 0.75 * 0.60 - 1),
    ],
)
def test_a_missing_return_of_a_delisting_for_cause(fill: float | None, a: float, b: float) -> None:
    panel = with_delistings(PricePanel.from_frame(PRICES), LEFT, delisting_fill=fill)
    np.testing.assert_allclose(panel.series("A").total_return, [np.nan, -0.2, -0.25, a], rtol=1e-15)
    np.testing.assert_array_equal(panel.series("A").close, [10.0, 8.0, 6.0, np.nan])
    np.testing.assert_allclose(panel.series("B").total_return, [np.nan, -0.2, b], rtol=1e-15)
    # A merger: the last return is the last.
    np.testing.assert_array_equal(panel.series("C").total_return, [np.nan, 6 / 7.5 - 1, -0.25, np.nan])
    np.testing.assert_array_equal(panel.series("D").total_return, [np.nan, *[0.0] * 5])
    told = {each.symbol: each.words for each in find(panel) if str(each.kind) == "delisting_return"}
    assert told["C"] == "The delisting return is missing; it was not for cause."
    assert ("stands for it" in told["A"]) == (fill is not None)


def test_a_known_return_is_included_whatever_the_fill() -> None:
    known = left(A=(2, -0.5, True, "Nasdaq"), B=(4, 0.1, False, "NYSE"))
    panel = with_delistings(PricePanel.from_frame(PRICES), known, delisting_fill="shumway")
    np.testing.assert_allclose(panel.series("A").total_return, [np.nan, -0.2, 0.75 * 0.5 - 1], rtol=1e-15)
    np.testing.assert_allclose(panel.series("B").total_return, [np.nan, -0.2, -0.25, np.nan, 0.1], rtol=1e-15)
    assert panel.listing.last_session_of("XNYS") == FIRST + 5


@pytest.mark.parametrize(
    ("table", "fill", "words"),
    [
        (left(D=(2, None, True, "")), None, "its prices go on to"),
        (left(A=(2, -1.5, True, "")), None, "can't be below -100%"),
        (pd.concat([LEFT, LEFT]), None, "a second time"),
        (LEFT.drop(columns="for_cause"), None, "for_cause"),
        (LEFT.assign(for_cause="perhaps"), None, "true or false"),
        (
            left(B=(3, None, True, "")).assign(date="2199-01-02"),
            None,
            "delistings, row 0: B: 2199-01-02 lies after the last known session of XNYS",
        ),
    ],
)
def test_complaints_name_the_row(table: pd.DataFrame, fill: float | None, words: str) -> None:
    with pytest.raises(DataError, match=words):
        with_delistings(PricePanel.from_frame(PRICES), table, delisting_fill=fill)


def test_without_a_delisting_of_its_symbols_a_panel_is_what_it_was() -> None:
    panel = PricePanel.from_frame(PRICES)
    same = with_delistings(panel, left(Z=(3, -0.5, True, "NYSE")))
    assert same.digest() == panel.digest()
    assert same.findings == panel.findings


def test_a_delisting_on_the_last_session_of_the_prices_adds_no_session() -> None:
    prices = PricePanel.from_frame(PRICES)
    panel = with_delistings(prices, left(A=(2, -0.5, True, "NYSE")))
    assert panel.listing.offsets.tolist() == prices.listing.offsets.tolist()
    np.testing.assert_allclose(panel.series("A").total_return, [np.nan, -0.2, 0.75 * 0.5 - 1], rtol=1e-15)
    np.testing.assert_array_equal(panel.close, prices.close)
    told = [each.words for each in find(panel) if each.symbol == "A" and str(each.kind) == "delisting_return"]
    assert told == ["The delisting return of -50.0% is included."]


def test_a_fill_that_is_none() -> None:
    panel = PricePanel.from_frame(PRICES)
    with pytest.raises(InputError, match="at least -1"):
        with_delistings(panel, LEFT, delisting_fill=-30.0)
    with pytest.raises(InputError, match="shumway"):
        with_delistings(panel, LEFT, delisting_fill="shunway")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="depends on the exchange"):
        with_delistings(panel, LEFT.drop(columns="exchange"), delisting_fill="shumway")


def test_through_a_configuration(tmp_path: Path) -> None:
    frame = made_up_returns(1, 2, 200)
    gone = frame[~((frame["symbol"] == "S00") & (frame["date"] > SESSIONS[FIRST + 151]))]
    gone.to_csv(tmp_path / "prices.csv", index=False)
    made_up_events(["S00", "S01"], [150]).to_frame()[["symbol", "date", "timing"]].to_csv(
        tmp_path / "events.csv", index=False
    )
    pd.DataFrame(
        {"day": [SESSIONS[FIRST + 152]], "symbol": ["S00"], "return": [None], "for_cause": [True], "exchange": ["AMEX"]}
    ).to_csv(tmp_path / "left.csv", index=False)
    text = """
        events: {source: csv, path: events.csv}
        prices: {source: csv, path: prices.csv, kind: returns}
        windows: {estimation: [-120, -11], event: [-2, 2]}
        models: [raw]
        tests: [t]
        reaction: false
        delistings: {path: left.csv, columns: {date: day}, delisting_fill: FILL}
        """
    path = tmp_path / "study.yaml"
    path.write_text(text.replace("FILL", "shumway"), encoding="utf-8")
    found = load(path).run().abnormal_returns
    last = found[found["event_id"].str.startswith("S00") & (found["day"] == 2)]
    assert last["abnormal"].tolist() == [-0.3]
    path.write_text(text.replace("FILL", "-30"), encoding="utf-8")
    with pytest.raises(ConfigError, match="delistings: delisting_fill is -30"):
        load(path)

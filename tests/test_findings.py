"""What looks wrong in prices: each kind made on purpose, and nothing found where nothing is."""

import numpy as np
import pandas as pd
import pytest

from eventstudy.datasets import load_alibaba
from eventstudy.errors import DataError, UnknownNameError
from eventstudy.findings import FindingKind, find, findings_frame, runs
from eventstudy.panels import PricePanel
from tests.made_up import FIRST, SESSIONS

DAYS = [str(day) for day in SESSIONS[FIRST : FIRST + 12]]


def table(symbol: str = "AAA", **columns: object) -> pd.DataFrame:
    close = 10.0 + 0.1 * np.arange(12)
    return pd.DataFrame({"date": DAYS, "symbol": symbol, "close": close, "volume": 100.0, **columns})


def found(frame: pd.DataFrame, **options: object) -> list[tuple[str, str, str]]:
    panel = PricePanel.from_frame(frame, **options)  # type: ignore[arg-type]
    return [(each.symbol, str(each.date), str(each.kind)) for each in find(panel)]


def test_nothing_is_found_where_nothing_is() -> None:
    assert find(load_alibaba().prices) == ()
    assert find(PricePanel.from_frame(table())) == ()


def test_a_gap_counts_sessions_of_the_exchange() -> None:
    frame = pd.concat([table().drop(index=[3, 4, 8]), table("BBB")])
    frame.iloc[-2, 2] = np.nan
    panel = PricePanel.from_frame(frame)
    assert [(each.symbol, str(each.date), each.words) for each in find(panel)] == [
        ("AAA", DAYS[3], f"2 sessions without a price ({DAYS[3]} to {DAYS[4]})."),
        ("AAA", DAYS[8], f"1 session without a price ({DAYS[8]})."),
        ("BBB", DAYS[10], f"1 session without a price ({DAYS[10]})."),
    ]


def test_gaps_of_neighbours_are_two() -> None:
    mask = np.array([False, True, True, True, False, True])
    assert [each.tolist() for each in runs(mask, np.array([0, 2, 6]))] == [[1, 2, 5], [2, 4, 6]]


def test_a_large_move_without_an_action() -> None:
    frame = table()
    frame.loc[5:, "close"] *= 1.6
    assert found(frame) == [("AAA", DAYS[5], "large_move")]
    frame["split"] = np.where(np.arange(12) == 5, 1 / 1.6, 1.0)
    assert found(frame) == []


def ranged() -> pd.DataFrame:
    frame = table()
    return frame.assign(open=frame["close"] - 0.05, high=frame["close"] + 0.1, low=frame["close"] - 0.1)


def test_prices_outside_the_range_of_their_day() -> None:
    assert found(ranged()) == []
    # What a vendor rounds is no finding: 5 parts in 100,000 above the high.
    rounded = ranged()
    rounded.loc[3, "close"] = rounded.loc[3, "high"] * 1.00005
    assert found(rounded) == []
    frame = ranged()
    frame.loc[2, ["open", "high", "low"]] = np.nan
    frame.loc[4, "close"] = 10.6  # 0.1 above the high
    frame.loc[6, "open"] = 9.0  # 1.5 below the low
    [finding] = find(PricePanel.from_frame(frame))
    assert (str(finding.date), finding.kind) == (DAYS[4], "out_of_range")
    assert finding.words == (
        "2 sessions with a high below the low, or an open or close outside the two, "
        f"worst on {DAYS[6]}: open 9, high 10.7, low 10.5, close 10.6."
    )


def test_a_high_below_the_low_alone() -> None:
    frame = table(high=9.0, low=9.5)
    frame["close"] = np.nan
    frame["return"] = 0.0
    assert [kind for _, _, kind in found(frame)] == ["out_of_range"]
    assert found(pd.concat([ranged(), table("BBB", high=9.0, low=8.0)])) == [("BBB", DAYS[0], "out_of_range")]


def test_a_stale_run_needs_five_sessions_without_volume() -> None:
    frame = table()
    frame.loc[3:6, "close"] = 10.3
    frame.loc[3:6, "volume"] = 0.0
    assert found(frame) == []
    frame.loc[7, ["close", "volume"]] = [10.3, 0.0]
    panel = PricePanel.from_frame(frame)
    assert [each.words for each in find(panel)] == [
        f"5 sessions close at 10.3 without volume ({DAYS[3]} to {DAYS[7]})."
    ]
    frame.loc[5, "volume"] = 1.0
    assert found(frame) == []


def test_a_split_that_prices_do_not_show() -> None:
    frame = table(split=np.where(np.arange(12) == 5, 10.0, 1.0))
    kinds = [kind for *_, kind in found(frame)]
    assert kinds == ["split_not_in_prices"]
    frame.loc[5:, "close"] /= 10
    assert found(frame) == []


def test_adjusted_closes_that_disagree() -> None:
    cash = np.where(np.arange(12) == 6, 0.5, 0.0)
    close = 10.0 + 0.1 * np.arange(12)
    factor = np.where(np.arange(12) < 6, 1 - 0.5 / close[5], 1.0)
    right = table(dividend=cash, adj_close=close * factor)
    # Adjusting by (1 - D / P) gives P / (P - D), the sum of price and cash (P + D) / P: both are right.
    assert found(right) == []
    wrong = table(dividend=cash, adj_close=close)
    (finding,) = find(PricePanel.from_frame(wrong))
    assert (finding.kind, str(finding.date)) == (FindingKind.ADJUSTED_DISAGREES, DAYS[6])
    assert "on 1 session, most on" in finding.words


def test_an_early_end() -> None:
    frame = pd.concat([table().head(9), table("BBB")])
    (finding,) = find(PricePanel.from_frame(frame))
    assert (finding.symbol, str(finding.date), finding.kind) == ("AAA", DAYS[8], FindingKind.ENDS_EARLY)
    assert finding.words == "The prices end 3 sessions before the sample does; they don't say why."


def test_rows_off_session_are_an_error_or_a_finding() -> None:
    frame = pd.concat([table(), table("BBB")], ignore_index=True)
    frame.loc[len(frame)] = ["2020-01-04", "AAA", 10.0, 1.0]
    frame.loc[len(frame)] = ["2020-01-05", "CCC", 10.0, 1.0]
    with pytest.raises(DataError, match=r"row 24: 2020-01-04 of AAA is not a session of XNYS"):
        PricePanel.from_frame(frame)
    panel = PricePanel.from_frame(frame, off_session="drop")
    assert panel.symbols == ("AAA", "BBB")
    assert panel.digest() == PricePanel.from_frame(frame.head(24)).digest()
    assert [(each.symbol, each.words) for each in find(panel)] == [
        ("AAA", "1 row off the sessions of XNYS dropped (2020-01-04)."),
        ("CCC", "1 row off the sessions of XNYS dropped (2020-01-05)."),
    ]
    again = pd.concat([frame.tail(1), frame.head(1), frame.head(1)])
    with pytest.raises(DataError, match=r"row 2: AAA has .* a second time \(first in prices, row 1\)"):
        PricePanel.from_frame(again, off_session="drop")
    with pytest.raises(DataError, match="row 0: 2020-01-05 of CCC is not a session"):
        PricePanel.from_frame(frame.tail(1), off_session="drop")
    with pytest.raises(UnknownNameError, match="Did you mean 'drop'"):
        PricePanel.from_frame(frame, off_session="dropp")


def test_midpoints_are_told() -> None:
    frame = table()
    frame.loc[[2, 4], "close"] *= -1
    (finding,) = find(PricePanel.from_frame(frame, midpoints=True))
    assert (finding.kind, str(finding.date), finding.words) == (
        "midpoint",
        DAYS[2],
        "2 closes are midpoints: no trade.",
    )


def test_the_table_of_findings() -> None:
    panel = PricePanel.from_frame(table().drop(index=3))
    assert findings_frame(find(panel)).to_dict("records") == [
        {"symbol": "AAA", "date": DAYS[3], "kind": "gap", "words": f"1 session without a price ({DAYS[3]})."}
    ]
    assert findings_frame(()).columns.tolist() == ["symbol", "date", "kind", "words"]

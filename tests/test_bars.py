"""Bars: which end of a bar its time is, which session it trades in, what is wrong at the door."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.bars import BarPanel
from eventstudy.errors import DataError, UnknownNameError

PRICES = ("open", "high", "low", "close")


def table(times: list[str], symbol: str = "BABA", price: float = 10.0) -> pd.DataFrame:
    return pd.DataFrame({"time": times, "symbol": symbol, **dict.fromkeys(PRICES, price), "volume": 5})


def panel(times: list[str], **options: object) -> BarPanel:
    return BarPanel.from_frame(table(times), **{"zone": "exchange", **options})  # type: ignore[arg-type]


def starts(bars: BarPanel) -> list[str]:
    return [str(moment)[11:16] for moment in bars.start]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        # 04:00 can only be a start, 20:00 only an end.
        (["2025-02-20 04:00", "2025-02-20 04:05", "2025-02-20 19:55"], ["09:00", "09:05", "00:55"]),
        (["2025-02-20 04:05", "2025-02-20 04:10", "2025-02-20 20:00"], ["09:00", "09:05", "00:55"]),
        # The regular session by itself: 09:30 to 15:55, or 09:35 to 16:00.
        (["2025-02-20 09:30", "2025-02-20 09:35", "2025-02-20 15:55"], ["14:30", "14:35", "20:55"]),
        (["2025-02-20 09:35", "2025-02-20 09:40", "2025-02-20 16:00"], ["14:30", "14:35", "20:55"]),
        # After an early close the last bar ends at 17:00.
        (["2025-11-28 16:50", "2025-11-28 16:55", "2025-11-28 17:00"], ["21:45", "21:50", "21:55"]),
    ],
)
def test_the_edges_prove_the_label(times: list[str], expected: list[str]) -> None:
    assert starts(panel(times)) == expected


def test_without_proof_the_label_is_asked_for() -> None:
    times = ["2025-02-20 10:00", "2025-02-20 10:05"]
    with pytest.raises(DataError, match="label: start or label: end"):
        panel(times)
    assert starts(panel(times, label="start")) == ["15:00", "15:05"]
    assert starts(panel(times, label="end")) == ["14:55", "15:00"]


def test_a_label_that_the_edges_deny() -> None:
    with pytest.raises(DataError, match=r"^bars, row 1: the bar of BABA .*taken for the start.*1 of 2 bars"):
        panel(["2025-02-20 19:55", "2025-02-20 20:00"], label="start")
    with pytest.raises(DataError, match="outside the extended hours of every session of XNYS"):
        panel(["2025-02-20 04:00", "2025-02-20 20:00"], interval=300)


def test_times_with_offsets_need_no_zone() -> None:
    with_offset = panel(["2025-02-20T09:30:00-05:00", "2025-02-20T14:35:00Z"], zone=None, label="start")
    aware = table(["2025-02-20 14:30", "2025-02-20 14:35"])
    aware["time"] = pd.to_datetime(aware["time"]).dt.tz_localize("UTC")
    assert with_offset.digest() == BarPanel.from_frame(aware, label="start").digest()


@pytest.mark.parametrize(
    ("times", "zone", "words"),
    [
        (["2025-02-20 09:30", "2025-02-20 09:35"], None, "row 0: time is .* no offset, so name the zone"),
        (["2025-02-20 09:30", "x"], "exchange", "row 1: time is 'x'; a time such as"),
        (["2025-02-20 09:30", None], "exchange", "row 1: time is empty"),
        (["2025-03-09 02:30", "2025-03-10 09:35"], "exchange", "row 0: .*New_York skip this time"),
        (["2025-02-20 09:30", "2025-02-20 09:30"], "exchange", r"row 1: .* second time \(first in bars, row 0\)"),
        (["2025-02-22 09:30", "2025-02-22 09:35"], "exchange", "row 0: .* outside the extended hours"),
        (["2025-02-20 09:30", "2025-02-20 09:35"], "America/NewYork", "Did you mean 'America/New_York'"),
        (["2025-02-20 09:30", "2025-02-21 09:30"], "exchange", "86400 seconds apart"),
        (["2025-02-20 09:30"], "exchange", "no symbol has two bars"),
    ],
)
def test_what_is_wrong_at_the_door(times: list[str], zone: str | None, words: str) -> None:
    with pytest.raises(DataError, match=words):
        panel(times, zone=zone)


def test_prices_are_above_zero() -> None:
    frame = table(["2025-02-20 09:30", "2025-02-20 09:35"])
    frame.loc[1, "low"] = -1.0
    with pytest.raises(DataError, match=r"^bars, row 1: low of BABA is -1; a price must be above zero"):
        BarPanel.from_frame(frame, zone="exchange", label="start")
    with pytest.raises(DataError, match="the column 'high' is missing"):
        BarPanel.from_frame(frame.drop(columns="high"), zone="exchange")
    with pytest.raises(UnknownNameError, match="label of bars"):
        BarPanel.from_frame(table(["2025-02-20 09:30"]), zone="exchange", label="begin", interval=60)  # type: ignore[arg-type]


def test_each_symbol_keeps_its_own_exchange_and_order() -> None:
    hong_kong = table(["2025-02-20 09:35", "2025-02-20 09:30"], "9988.HK", 120.0)
    new_york = table(["2025-02-20 09:35", "2025-02-20 09:30", "2025-02-21 09:30"])
    bars = BarPanel.from_frame(pd.concat([new_york, hong_kong]), zone="exchange", label="start")
    assert bars.symbols == ("9988.HK", "BABA")
    assert bars.offsets.tolist() == [0, 2, 5]
    assert [str(moment) for moment in bars.series("9988.HK").start] == ["2025-02-20T01:30:00", "2025-02-20T01:35:00"]
    assert bars.series("BABA").close.tolist() == [10.0, 10.0, 10.0]
    series = bars.series("BABA")
    assert [str(day) for day in series.calendar.sessions[series.session]] == ["2025-02-20", "2025-02-20", "2025-02-21"]
    assert series.between(np.datetime64("2025-02-20T14:35"), np.datetime64("2025-02-21T14:30")) == slice(1, 2)
    with pytest.raises(UnknownNameError, match="Did you mean 'BABA'"):
        bars.series("BABAA")


def test_a_part_of_the_bars() -> None:
    times = [f"2025-02-{day} 0{hour}:00" for day in (19, 20, 21) for hour in (4, 5)]
    both = BarPanel.from_frame(pd.concat([table(times), table(times[:2], "SPY", 600.0)]), zone="exchange")
    part = both.select(["BABA", "SPY", "XYZ"], date(2025, 2, 20), date(2025, 2, 20))
    assert part.symbols == ("BABA",)
    assert [str(moment) for moment in part.start] == ["2025-02-20T09:00:00", "2025-02-20T10:00:00"]
    assert both.select(both.symbols).digest() == both.digest()
    assert both.to_frame().shape == (8, 7)
    assert BarPanel.from_frame(both.to_frame(), label="start").digest() == both.digest()
    with pytest.raises(ValueError, match="read-only"):
        both.close[0] = 1.0


def test_real_bars(shared_data: Path) -> None:
    folder = shared_data / "market" / "extended_hours"
    ends = pd.read_csv(folder / "IBM_15min_2021-09-29_2021-10-28.csv").assign(symbol="IBM")
    bars = BarPanel.from_frame(ends, zone="exchange").series("IBM")
    assert bars.interval == 900
    at = int(np.searchsorted(bars.start, np.datetime64("2021-10-20T20:00:00")))
    # The results of 2021-10-20 after the close: 141.73 at 16:00, 135.00 in the bar that ends at 16:15.
    assert str(bars.end[at]) == "2021-10-20T20:15:00"
    assert bars.close[at] == pytest.approx(135.00, abs=0.5)
    first = pd.read_csv(folder / "AAPL_1min_2025-09-26.csv").rename(columns={"date": "time"}).assign(symbol="AAPL")
    assert str(BarPanel.from_frame(first).start[0]) == "2025-09-26T08:00:00"
    unclear = pd.read_csv(folder / "IBM_5min_2023-04-20.csv").rename(columns={"timestamp": "time"})
    with pytest.raises(DataError, match="no bar stands at an edge"):
        BarPanel.from_frame(unclear.assign(symbol="IBM"), zone="exchange")


def test_local_times_of_a_frame_are_those_of_the_exchange() -> None:
    """Six in the morning of 1 July in New York is 10:00 UTC, of 20 February 11:00."""
    times = pd.to_datetime(["2025-02-20 06:00", "2025-07-01 06:00"])
    for unit in ("s", "us", "ns"):
        frame = table(["2025-02-20 06:00", "2025-07-01 06:00"]).assign(time=times.as_unit(unit))
        begin = BarPanel.from_frame(frame, zone="exchange", label="start", interval=60).series("BABA").start
        assert [str(each) for each in begin] == ["2025-02-20T11:00:00", "2025-07-01T10:00:00"]
    with pytest.raises(DataError, match=r"row 0: time is '2025-02-20 06:00:00'; it has no offset, so name the zone"):
        BarPanel.from_frame(frame, label="start", interval=60)
    with pytest.raises(DataError, match=r"row 1: time is empty; a time is needed\.$"):
        BarPanel.from_frame(frame.assign(time=times.where([True, False])), zone="exchange", interval=60)
    twice = frame.assign(time=pd.to_datetime(["2025-02-20 06:00", "2025-11-02 01:30"]))
    with pytest.raises(DataError, match=r"row 1: time is '2025-11-02 01:30:00'; clocks in America/New_York skip"):
        BarPanel.from_frame(twice, zone="exchange", interval=60)


@pytest.mark.parametrize(
    ("cells", "form", "zone"),
    [
        (["20.02.2025 06:00", "01.07.2025 06:00"], "%d.%m.%Y %H:%M", "exchange"),
        (["20.02.2025 19:00", "01.07.2025 18:00"], "%d.%m.%Y %H:%M", "Asia/Hong_Kong"),
        (["20.02.2025 06:00 -0500", "01.07.2025 18:00 +08:00"], "%d.%m.%Y %H:%M %z", None),
    ],
)
def test_times_in_a_form_of_one_s_own(cells: list[str], form: str, zone: str | None) -> None:
    frame = table(["2025-02-20 06:00", "2025-07-01 06:00"]).assign(time=cells)
    found = BarPanel.from_frame(frame, zone=zone, time_format=form, label="start", interval=60)
    assert [str(each) for each in found.series("BABA").start] == ["2025-02-20T11:00:00", "2025-07-01T10:00:00"]
    with pytest.raises(DataError, match=r"row 1: time is 'soon'; a time in the form %d\.%m\.%Y %H:%M.* was expected"):
        BarPanel.from_frame(frame.assign(time=[cells[0], "soon"]), zone=zone, time_format=form, interval=60)


def test_a_form_of_times_that_lacks_a_zone_or_is_none() -> None:
    frame = table(["2025-02-20 06:00", "2025-07-01 06:00"])
    with pytest.raises(DataError, match=r"row 0: time is '2025-02-20 06:00'; it has no offset, so name the zone"):
        BarPanel.from_frame(frame, time_format="%Y-%m-%d %H:%M", interval=60)
    with pytest.raises(DataError, match="time can't be read in the form '%s', which is none: 's' is a bad directive"):
        BarPanel.from_frame(frame, zone="exchange", time_format="%s", interval=60)

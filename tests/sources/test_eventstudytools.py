"""The three files of EventStudyTools: small ones made here, and the published sample of 16 index additions."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import DataError
from eventstudy.findings import FindingKind, find
from eventstudy.panels import PricePanel
from eventstudy.sources import EventStudyToolsEvents, EventStudyToolsPrices

FIRMS = "Office Depot;07.03.1997;17.0000\nOffice Depot;10.03.1997;-16.7500\n Office Depot ;11.03.1997;16.5\n"
MARKETS = "SP500;07.03.1997;100\n\nSP500;10.03.1997;101.5\nSP500;11.03.1997;\n"
REQUESTS = "75573;Office Depot ;SP500;10.03.1997;Addition;-2;2;-11;120\n"


def prices(folder: Path, firms: str = FIRMS, markets: str = MARKETS) -> EventStudyToolsPrices:
    (folder / "firms.csv").write_text(firms)
    (folder / "markets.csv").write_text(markets)
    return EventStudyToolsPrices(firms=folder / "firms.csv", markets=folder / "markets.csv")


def test_prices(tmp_path: Path) -> None:
    panel = prices(tmp_path).prices(["Office Depot", "SP500"])
    assert panel.series("Office Depot").close.tolist() == [17.0, 16.75, 16.5]
    np.testing.assert_array_equal(panel.series("SP500").close, [100.0, 101.5, np.nan])
    assert [(each.symbol, each.kind) for each in find(panel)][:1] == [("Office Depot", FindingKind.MIDPOINT)]


def test_events(tmp_path: Path) -> None:
    (tmp_path / "requests.csv").write_text(REQUESTS)
    events = EventStudyToolsEvents(path=tmp_path / "requests.csv", kind="index change").events(["Office Depot"])
    assert (events.event_id[0], str(events.date[0]), str(events.timing[0])) == ("75573", "1997-03-10", "unknown")
    assert {name: labels[0] for name, labels in events.groups.items()} == {"market": "SP500", "group": "Addition"}
    assert {name: numbers[0] for name, numbers in events.values.items()} == {
        "event_window_start": -2.0,
        "event_window_end": 2.0,
        "estimation_window_end": -11.0,
        "estimation_window_length": 120.0,
    }


@pytest.mark.parametrize(
    ("firms", "words"),
    [
        ("Office Depot;07.03.1997\n", r"firms.csv, line 1: there are 2 cells; 3 with semicolons"),
        ("Office Depot,07.03.1997,17\n", r"firms.csv, line 1: there are 1 cells"),
        ("A;07.03.1997;17\nA;03/10/1997;17\n", r"line 2: date is '03/10/1997'; a date in the form %d.%m.%Y"),
        ("A;07.03.1997;17\nA;10.03.1997;1,5\n", r"firms.csv, line 2: close is '1,5' in a column of numbers"),
        ("A;07.03.1997;0\n", r"line 1: close of A is 0; a price must be above zero"),
        ("<html>", "this is an HTML or XML page"),
    ],
)
def test_what_is_wrong(tmp_path: Path, firms: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        prices(tmp_path, firms).prices()


def test_the_published_sample(shared_data: Path) -> None:
    folder, peer = (
        shared_data / "market" / "published" / "eventstudytools_sp500",
        shared_data / "peer_examples" / "est_sp500_example",
    )
    source = EventStudyToolsPrices(firms=folder / "02_FirmData.csv", markets=folder / "03_MarketData.csv")
    panel = source.prices()
    assert len(panel.symbols) == 17
    closes = [
        pd.read_csv(peer / name).rename(columns={owner: "symbol"})
        for name, owner in (("firm_prices.csv", "firm"), ("index_prices.csv", "index"))
    ]
    converted = PricePanel.from_frame(pd.concat(closes, ignore_index=True), midpoints=True, basis="adjusted")
    assert panel.digest() == converted.digest()
    (told,) = [each for each in find(panel) if each.kind is FindingKind.MIDPOINT]
    assert (told.symbol, str(told.date), told.words) == (
        "Office Depot",
        "1997-03-10",
        "2 closes are midpoints: no trade.",
    )
    assert panel.series("Office Depot").close.min() > 0
    events = EventStudyToolsEvents(path=folder / "01_RequestFile.csv").events()
    requests = pd.read_csv(peer / "requests.csv")
    assert events.event_id.tolist() == requests["event_id"].astype(str).tolist()
    assert events.symbol.tolist() == requests["firm_symbol"].tolist()
    assert [str(day) for day in events.date] == requests["event_date"].tolist()
    assert set(events.symbol) <= set(panel.symbols)

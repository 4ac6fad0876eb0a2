"""Kenneth French's files: real ones where they are at hand, made-up texts in their layout for the rest."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import DataError, InputError, ParseError, UnknownNameError
from eventstudy.sources import FACTOR_SOURCES, Client, FrenchFactors, offline
from eventstudy.sources.french import read_french
from tests.sources.network.loopback import Answer, Server, as_page

# Made up in the layout of the library's files.
DAILY = """This file was created by using the 202511 CRSP database.
The Tbill return is the simple daily rate. Origin: synthetic.

,Mkt-RF,SMB,HML,RF
20250219,    0.24,   -0.28,    0.10,    0.02
20250220,   -0.50,  -99.99,    0.31,    0.02
20250221,   -1.92, -999   ,        ,    0.02

Copyright 2025 Eugene F. Fama and Kenneth R. French
"""
MOMENTUM = """This file was created by using the 202511 CRSP database.  It
contains a momentum factor. Origin: synthetic.

,Mom
20250220,    0.75
20250221,   -1.25
20250224,    0.10
"""
MONTHLY = """This file was created by using the 202511 CRSP database. Origin: synthetic.

,Mkt-RF,SMB,RF
202401,    0.70,   -5.07,    0.47
202402,    5.06,   -0.32,    0.42

 Annual Factors: January-December
,Mkt-RF,SMB,RF
  2023,   21.68,   -3.29,    4.95
  2024,   18.70,   -8.15,    5.26

Copyright 2025 Eugene F. Fama and Kenneth R. French
"""
PORTFOLIOS = """This file was created by using the 202511 CRSP database. Origin: synthetic.

  Average Value Weighted Returns -- Daily
,Lo 30,Hi 30
20250220,    0.10,    0.20

  Average Equal Weighted Returns -- Daily
,Lo 30,Hi 30
20250220,    0.30,    0.40
"""


def zipped(text: str, *names: str) -> bytes:
    """Return a ZIP file with a text under each name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names or ("F-F_Research_Data_Factors_daily.csv",):
            archive.writestr(name, text)
    return out.getvalue()


def test_percent_become_decimals_and_sentinels_are_missing(tmp_path: Path) -> None:
    (tmp_path / "ff.csv").write_text(DAILY)
    source = FrenchFactors(path=tmp_path / "ff.csv")
    panel = source.factors()
    assert panel.names == ("mkt_rf", "smb", "hml")
    assert [str(day) for day in panel.dates] == ["2025-02-19", "2025-02-20", "2025-02-21"]
    expected = [[0.0024, -0.0028, 0.0010], [-0.0050, np.nan, 0.0031], [-0.0192, np.nan, np.nan]]
    np.testing.assert_allclose(panel.values, expected, rtol=1e-14)
    np.testing.assert_allclose(panel.risk_free, [0.0002] * 3, rtol=1e-14)
    sha256 = hashlib.sha256(DAILY.encode()).hexdigest()
    vintage = "This file was created by using the 202511 CRSP database"
    assert source.provenance() == {"ff3": f"{vintage}; SHA-256 {sha256}"}


def test_a_zip_is_its_text(tmp_path: Path) -> None:
    (tmp_path / "ff.zip").write_bytes(zipped(DAILY))
    (tmp_path / "ff.csv").write_text(DAILY)
    packed, plain = FrenchFactors(path=tmp_path / "ff.zip"), FrenchFactors(path=tmp_path / "ff.csv")
    assert packed.factors().digest() == plain.factors().digest()
    assert packed.provenance() == plain.provenance()


def test_sets_are_joined_on_their_common_dates(tmp_path: Path) -> None:
    (tmp_path / "F-F_Research_Data_Factors_daily.csv").write_text(DAILY)
    (tmp_path / "F-F_Momentum_Factor_daily_CSV.zip").write_bytes(zipped(MOMENTUM))
    panel = FrenchFactors(sets=("ff3", "momentum"), path=tmp_path).factors()
    assert panel.names == ("mkt_rf", "smb", "hml", "mom")
    assert [str(day) for day in panel.dates] == ["2025-02-20", "2025-02-21"]
    np.testing.assert_allclose(panel.values[:, [0, 3]], [[-0.0050, 0.0075], [-0.0192, -0.0125]], rtol=1e-14)


def test_monthly_stops_where_the_years_begin(tmp_path: Path) -> None:
    (tmp_path / "ff.csv").write_text(MONTHLY)
    panel = FrenchFactors(path=tmp_path / "ff.csv", frequency="monthly").factors()
    assert [str(day) for day in panel.dates] == ["2024-01-31", "2024-02-29"]
    np.testing.assert_allclose(panel.values, [[0.0070, -0.0507], [0.0506, -0.0032]], rtol=1e-14)
    annual = read_french(MONTHLY.encode(), "ff").blocks[1]
    assert (annual.title, annual.digits) == ("Annual Factors: January-December", 4)
    assert [str(day) for day in annual.dates] == ["2023-12-31", "2024-12-31"]


def test_a_table_by_its_title(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(PORTFOLIOS)
    source = FrenchFactors(sets=("portfolios",), path=tmp_path / "p.csv")
    assert source.factors().values.tolist() == [[0.001, 0.002]]
    equal = replace(source, block="equal weighted").factors()
    assert equal.names == ("lo_30", "hi_30")
    np.testing.assert_allclose(equal.values, [[0.003, 0.004]], rtol=1e-14)
    assert np.isnan(equal.risk_free).all()
    with pytest.raises(UnknownNameError, match="table of factors 'portfolios' named 'median'"):
        replace(source, block="median").factors()


def test_fetched_once_and_then_from_the_cache(client: Client, server: Server) -> None:
    path = "/pages/faculty/ken.french/ftp/F-F_Research_Data_Factors_daily_CSV.zip"
    server.on(path, Answer(body=zipped(DAILY)))
    online = FrenchFactors().factors().digest()
    FrenchFactors().provenance()
    assert server.paths() == [path]
    assert server.asked[0].host == "mba.tuck.dartmouth.edu"
    server.close()
    with offline():
        assert FrenchFactors().factors().digest() == online


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Answer(404), InputError, "has no file 'F-F_Research_Data_Factors_daily'.*Known: ff3, ff5"),
        (as_page("moved"), ParseError, "this is a web page"),
        (Answer(body=zipped(DAILY)[:-30]), ParseError, "ZIP file is broken or cut short"),
        (Answer(403), ParseError, "HTTP 403"),
    ],
    ids=["404", "page", "cut", "403"],
)
def test_what_cannot_be_read_is_not_kept(
    client: Client, server: Server, answer: Answer, kind: type, words: str
) -> None:
    server.on("/pages/faculty/ken.french/ftp/F-F_Research_Data_Factors_daily_CSV.zip", answer)
    with pytest.raises(kind, match=words):
        FrenchFactors().factors()
    assert client.cache.info().replies == {}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "there is no table"),
        (b"date,Mkt-RF\n20250220,1\n", "there is no table"),
        (DAILY.replace("-0.50", "minus").encode(), "line 6: .* is no number"),
        (DAILY.replace("   0.31,", "").encode(), "line 6: a date and 4 numbers"),
        (DAILY.replace("20250220", "202502").encode(), "line 6: a date and 4 numbers"),
        (DAILY.replace("20250220", "20250230").encode(), "a date can't be read"),
        (DAILY.replace("20250220", "20250219").encode(), "do not increase"),
        (zipped(DAILY, "a.csv", "b.csv"), "there are 2"),
    ],
    ids=["empty", "csv", "word", "cell", "key", "date", "twice", "two"],
)
def test_texts_of_another_layout(raw: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        read_french(raw, "ff")


def test_what_a_caller_may_get_wrong(tmp_path: Path) -> None:
    (tmp_path / "ff.csv").write_text(DAILY)
    (tmp_path / "months.csv").write_text(MONTHLY)
    cases = [
        (lambda: FrenchFactors(path=tmp_path / "ff.csv", frequency="monthly").factors(), "the file is daily"),
        (lambda: FrenchFactors(path=tmp_path / "months.csv").factors(), "is not daily; say frequency: monthly"),
        (lambda: FrenchFactors(path=tmp_path / "no.csv").factors(), "can't be read"),
        (lambda: FrenchFactors(path=tmp_path).factors(), "there is no F-F_Research_Data_Factors_daily.csv"),
        (lambda: FrenchFactors(sets=()), "sets is empty"),
        (lambda: FrenchFactors(sets=("ff3", "momentum"), path=tmp_path / "ff.csv"), "is no folder, and 2 sets"),
        (lambda: FrenchFactors(frequency="weekly"), "frequency of factors named 'weekly'"),  # type: ignore[arg-type]
    ]
    for attempt, words in cases:
        with pytest.raises(InputError, match=words):
            attempt()
    (tmp_path / "F-F_Research_Data_Factors_daily.csv").write_text(DAILY)
    (tmp_path / "F-F_Momentum_Factor_daily.csv").write_text(MOMENTUM.replace("2025", "2015"))
    with pytest.raises(DataError, match="no date in common"):
        FrenchFactors(sets=("ff3", "momentum"), path=tmp_path).factors()


def test_the_member_goes_by_its_name() -> None:
    assert FACTOR_SOURCES.get("french") is FrenchFactors


def test_the_real_files(shared_data: Path) -> None:
    folder = shared_data / "market" / "factors"
    panel = FrenchFactors(sets=("ff5", "momentum"), path=folder).factors()
    assert panel.names == ("mkt_rf", "smb", "hml", "rmw", "cma", "mom")
    assert (str(panel.dates[0]), str(panel.dates[-1])) == ("1963-07-01", "2025-11-28")
    # pandas on the same text, cut by hand at the lines where the tables begin and end.
    text = (folder / "F-F_Research_Data_5_Factors_2x3_daily.csv").read_text()
    table = text[text.index(",Mkt-RF") : text.index("Copyright")].strip()
    plain = pd.read_csv(io.StringIO(table), index_col=0)
    np.testing.assert_allclose(panel.values[:, :5], plain.iloc[:, :5].to_numpy() / 100, rtol=1e-14)
    np.testing.assert_allclose(panel.risk_free, plain["RF"].to_numpy() / 100, rtol=1e-14)
    assert np.isfinite(panel.values).all()
    vintages = FrenchFactors(sets=("ff5", "momentum"), path=folder).provenance()
    assert all("202511 CRSP database; SHA-256 " in each for each in vintages.values())

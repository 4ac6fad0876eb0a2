from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import DataError
from eventstudy.panels import FactorPanel
from eventstudy.sources import CsvFactors


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "factors.csv"
    file.write_text("day,MKT,smb,rf\n2025-02-21,-1.5,,0.02\n2025-02-20,-0.4,0.1,0.02\n")
    return file


def test_percent_become_decimals_and_dates_increase(path: Path) -> None:
    panel = CsvFactors(path=path, columns={"date": "day", "mkt_rf": "MKT"}, percent=True).factors()
    assert sorted(panel.names) == ["mkt_rf", "smb"]
    assert panel.dates.astype(str).tolist() == ["2025-02-20", "2025-02-21"]
    np.testing.assert_allclose(panel.values[:, panel.names.index("mkt_rf")], [-0.004, -0.015])
    np.testing.assert_allclose(panel.values[:, panel.names.index("smb")], [0.001, np.nan])
    np.testing.assert_allclose(panel.risk_free, [0.0002, 0.0002])


def test_decimals_stay_as_they_are(path: Path) -> None:
    panel = CsvFactors(path=path, columns={"date": "day", "mkt_rf": "MKT"}).factors()
    assert panel.values[:, panel.names.index("mkt_rf")].tolist() == [-0.4, -1.5]
    assert panel.risk_free.tolist() == [0.02, 0.02]


def test_a_fault_names_the_line(path: Path) -> None:
    with pytest.raises(DataError, match="the column 'date' is missing"):
        CsvFactors(path=path).factors()
    path.write_text("date,mkt\n2025-02-20,0.1\n2025-02-21,x\n")
    with pytest.raises(DataError, match="line 3: mkt is 'x'"):
        CsvFactors(path=path).factors()


def test_provenance_is_the_hash_of_the_file(path: Path) -> None:
    path.write_bytes(b"abc")
    # The test vector of FIPS 180-4.
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert CsvFactors(path=path).provenance() == {"sha256": expected}


def test_percent_that_nobody_declared_are_an_error(tmp_path: Path) -> None:
    days = np.arange("2025-01-01", "2025-01-31", dtype="datetime64[D]")
    market = np.linspace(-1.0, 1.1, len(days))
    file = tmp_path / "factors.csv"

    def written(market: np.ndarray, rf: float) -> CsvFactors:
        rows = (f"{day},{each},{8 * each},{rf}" for day, each in zip(days, market, strict=True))
        file.write_text("date,mkt_rf,oil,rf\n" + "\n".join(rows) + "\n")
        return CsvFactors(path=file)

    with pytest.raises(
        DataError, match=r"factors.csv: half of mkt_rf is larger than 0.5.*look like percent\. .*percent: true"
    ):
        written(market, 0.02).factors()
    # The riskless return of a year, beside a market in decimals.
    with pytest.raises(DataError, match=r"half of rf is larger than 0.05; .* or a rate of a year"):
        written(market / 100, 0.05).factors()
    # Six percent a day on every day are a market in panic, and a factor of one's own has its own unit.
    panic = written(0.06 * np.sign(market), 0.0002).factors()
    assert set(panel_column(panic, "mkt_rf").tolist()) == {-0.06, 0.06}
    np.testing.assert_allclose(panel_column(panic, "oil"), 8 * panel_column(panic, "mkt_rf"))
    declared = written(market, 0.02)
    np.testing.assert_allclose(
        panel_column(CsvFactors(path=declared.path, percent=True).factors(), "mkt_rf"), market / 100
    )


def test_decimals_that_are_said_to_be_percent_are_an_error() -> None:
    """Sizes of the market on an ordinary day are half a percent; half of a basis point is not."""
    rng = np.random.default_rng(5)
    days = np.arange("2024-01-01", "2024-12-31", dtype="datetime64[D]")
    table = pd.DataFrame({"date": days, "mkt_rf": rng.normal(0, 0.008, len(days)), "oil": 1e-6, "rf": 0.0})
    with pytest.raises(
        DataError,
        match=r"^factors: half of mkt_rf is smaller than 0\.00[4-6]\d*, .*percent: true .*goes without it",
    ):
        FactorPanel.from_frame(table, percent=True)
    # A calm year of a small factor: half of its days below seven basis points.
    calm = table.assign(mkt_rf=0.1, cma=rng.normal(0, 0.1, len(days)))
    panel = FactorPanel.from_frame(calm, percent=True)
    np.testing.assert_allclose(panel_column(panel, "cma"), calm["cma"] / 100)
    # Who has no market writes zeros.
    FactorPanel.from_frame(table.assign(mkt_rf=0.0), percent=True)


def test_a_date_that_stands_twice_names_both_lines(path: Path) -> None:
    path.write_text("date,mkt\n2025-02-20,0.1\n2025-02-21,0.2\n2025-02-20,0.3\n")
    with pytest.raises(DataError, match=r"line 4: 2025-02-20 stands a second time \(first in .*line 2\)"):
        CsvFactors(path=path).factors()


def panel_column(panel: FactorPanel, name: str) -> np.ndarray:
    return panel.values[:, panel.names.index(name)]

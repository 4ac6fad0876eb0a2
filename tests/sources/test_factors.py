from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eventstudy.errors import DataError
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

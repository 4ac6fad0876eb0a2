"""One study, whatever its inputs lie in: the same bits from the sample, CSV, Parquet, DuckDB and PostgreSQL."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from eventstudy.config import load
from eventstudy.config.configured import load_inputs
from eventstudy.datasets import load_alibaba
from tests.sources.databases import Store

CONFIG = Path(__file__).parents[2] / "configs" / "alibaba.yaml"
BASIS = "basis: {SPY: adjusted, KWEB: adjusted}"
SAMPLE_EVENTS = "{source: sample, kind: earnings, symbols: [BABA]}"
SAMPLE_PRICES = "{source: sample}"


def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the sample's events and prices as anybody's tables."""
    sample = load_alibaba()
    prices = sample.prices.to_frame().drop(columns="total_return")
    events = sample.events.to_frame().drop(columns=["known_at"])
    events["announced_at"] = events["announced_at"].dt.tz_localize("UTC")
    text = [name for name in events.columns if not pd.api.types.is_numeric_dtype(events[name])]
    events = events.assign(**{name: events[name].astype(str) for name in text if name not in ("announced_at", "date")})
    return events, prices


def run(folder: Path, events: str, prices: str) -> tuple[dict[str, bytes], str, str]:
    """Return the files of the study with these sources, and the digests of its inputs."""
    text = CONFIG.read_text(encoding="utf-8")
    assert f"events: {SAMPLE_EVENTS}" in text
    text = text.replace(f"events: {SAMPLE_EVENTS}", f"events: {events}")
    text = text.replace(f"\nprices: {SAMPLE_PRICES}", f"\nprices: {prices}")
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    configured = load(path)
    inputs = load_inputs(configured)
    out = configured.study.run(*inputs).save(folder / "results")
    files = {file.name: file.read_bytes() for file in sorted(out.iterdir()) if file.suffix == ".csv"}
    return files, inputs[0].digest(), inputs[1].digest()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], str, str]:
    found = run(tmp_path_factory.mktemp("sample"), SAMPLE_EVENTS, SAMPLE_PRICES)
    assert {"events.csv", "estimates.csv", "cars.csv", "tests.csv"} <= set(found[0])
    return found


def test_csv(tmp_path: Path, expected: tuple[dict[str, bytes], str, str]) -> None:
    events, prices = tables()
    events.to_csv(tmp_path / "events.csv", index=False)
    prices.to_csv(tmp_path / "prices.csv", index=False)
    found = run(
        tmp_path,
        "{source: csv, path: events.csv, kind: earnings, symbols: [BABA]}",
        f"{{source: csv, path: prices.csv, {BASIS}}}",
    )
    assert found == expected


@pytest.mark.parametrize("partitioned", [False, True])
def test_parquet(tmp_path: Path, expected: tuple[dict[str, bytes], str, str], partitioned: bool) -> None:
    events, prices = tables()
    events.to_parquet(tmp_path / "events.parquet", index=False)
    by_symbol = ds.partitioning(pa.schema([("symbol", pa.string())]), flavor="hive") if partitioned else None
    ds.write_dataset(
        pa.Table.from_pandas(prices, preserve_index=False),
        tmp_path / "prices",
        format="parquet",
        partitioning=by_symbol,
    )
    found = run(
        tmp_path,
        "{source: parquet, path: events.parquet, kind: earnings, symbols: [BABA]}",
        f"{{source: parquet, path: prices, {BASIS}}}",
    )
    assert found == expected


def test_databases(tmp_path: Path, expected: tuple[dict[str, bytes], str, str], store: Store) -> None:
    events, prices = tables()
    store.fill("announcements", events)
    store.fill("daily", prices)
    found = run(
        tmp_path,
        f"{{source: sql, url_env: {store.url_env}, table: announcements, kind: earnings, symbols: [BABA]}}",
        f"{{source: sql, url_env: {store.url_env}, query: 'SELECT * FROM daily WHERE symbol IN :symbols', {BASIS}}}",
    )
    assert found == expected

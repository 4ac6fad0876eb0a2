"""A study saved and read again: every table to the last digit, every report to the last byte."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import eventstudy as es
from eventstudy.reports import REPORTS
from eventstudy.reports.contract import TABLES, conform
from eventstudy.result import StudyResult


@pytest.fixture(scope="module")
def result() -> StudyResult:
    sample = es.datasets.load_alibaba()
    study = es.Study(
        windows=es.Windows(estimation=(-210, -11), event=(-10, 10), named={"day0": (0, 0), "drift": (2, 10)}),
        benchmark="SPY",
        models=["market", "market_adjusted"],
        group_by=["timing"],
        focus="BABA-2024Q4",
        name="saved",
    )
    found: StudyResult = study.run(sample.events, sample.prices)
    return found


@pytest.mark.parametrize("most", [10, 1_000_000])
def test_what_is_loaded_is_what_was_saved(
    result: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("eventstudy.reports.files.MOST_CSV_ROWS", most)
    loaded = StudyResult.load(result.save(tmp_path))
    again = loaded.save(tmp_path / "again")
    assert {path.name: path.read_bytes() for path in again.iterdir()} == {
        path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()
    }
    assert (tmp_path / "abnormal_returns.parquet").exists() is (most == 10)
    assert (tmp_path / "abnormal_returns.csv").exists() is (most != 10)
    for name in TABLES:
        expected = conform(name, result.results.tables[name])
        # Nothing looks wrong in the sample's prices.
        assert len(expected) > 0 or name == "findings"
        pd.testing.assert_frame_equal(loaded.tables[name], expected, check_exact=True)
    assert loaded.summary == result.results.summary
    assert loaded._repr_html_() == result._repr_html_()


@pytest.mark.usefixtures("few_events_drawn")
@pytest.mark.parametrize("name", REPORTS.names())
def test_reports_of_saved_results_are_those_of_the_run(result: StudyResult, tmp_path: Path, name: str) -> None:
    report = REPORTS.get(name)
    report.write(result.results, tmp_path / "run")
    report.write(StudyResult.load(result.save(tmp_path / "saved")), tmp_path / "again")
    fresh, again = ({path.name: path.read_bytes() for path in (tmp_path / each).iterdir()} for each in ("run", "again"))
    assert len(fresh) > 0
    assert again == fresh


def test_a_smaller_study_leaves_nothing_of_the_larger(
    result: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventstudy.reports.files.MOST_CSV_ROWS", 10)
    result.save(tmp_path)
    monkeypatch.undo()
    few = dict(result.results.tables)
    few["abnormal_returns"] = few["abnormal_returns"].head(3)
    from eventstudy.reports.files import read_tables, write_tables

    write_tables(replace(result.results, tables=few), tmp_path)
    assert len(read_tables(tmp_path).tables["abnormal_returns"]) == 3


TESTS_HEADER = (
    "model,group,window,start,end,measure,test,event_id,convention,alternative,n,estimate,std_error,statistic,"
    "distribution,df,p_value,p_adjusted,adjustment,reason,p_two_sided,p_greater,p_less,df2,note"
)


def test_both_directions_the_second_df_and_the_note_of_every_test_are_saved(tmp_path: Path) -> None:
    sample = es.datasets.load_alibaba()
    study = es.Study(
        windows=es.Windows(estimation=(-210, -11), event=(-1, 1), named={"day0": (0, 0), "days": (0, 1)}),
        benchmark="SPY",
        models=["market"],
        tests=["t", "joint_f", "hotelling", "bmp", "wilcoxon", "adjusted_patell", "portfolio"],
        reaction=False,
    )
    result = study.run(sample.events, sample.prices)
    read = StudyResult.load(result.save(tmp_path)).tables["tests"]
    assert (tmp_path / "tests.csv").read_text().splitlines()[0] == TESTS_HEADER
    outcomes = [each.outcome for each in result.models["market"].tests]
    for name in ("p_value", "p_two_sided", "p_greater", "p_less", "df2"):
        np.testing.assert_array_equal(read[name], [getattr(each, name) for each in outcomes])
    assert read["note"].fillna("").tolist() == [each.notes for each in outcomes]
    notes = read.groupby("test")["note"].first()
    assert notes["bmp"] == "only 4 events"
    assert notes["adjusted_patell"].startswith("rbar = ")
    assert notes["joint_f"] == "the statistic has no direction: no p_greater, no p_less"
    for _, row in read[read["test"].isin(["joint_f", "hotelling"]) & read["reason"].isna()].iterrows():
        assert row["p_two_sided"] == pytest.approx(stats.f.sf(row["statistic"], row["df"], row["df2"]), rel=1e-10)
    # A number that is missing has a reason, or a note.
    lacking = read[["p_greater", "p_less"]].isna().any(axis=1)
    assert lacking.any()
    assert (read.loc[lacking, "reason"].notna() | read.loc[lacking, "note"].notna()).all()

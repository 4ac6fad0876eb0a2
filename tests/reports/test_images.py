"""Pictures of figures against small ones that somebody has looked at; run this file to draw those again."""

from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images

from eventstudy.reports import Results, figures, study_figures

LOOKED_AT = Path(__file__).parent / "images"
# Root of the mean squared difference of a pixel, of 255: fonts drawn a little differently stay below it, a mark that
# has moved does not.
TOLERANCE = 8.0
NAMES = ("caar", "ladder", "aar", "distribution", "heat", "calendar")


def figure(name: str, results: Results) -> Figure:
    tables = results.tables
    drawn: dict[str, Callable[[], Figure]] = {
        "caar": lambda: figures.caar(tables["aar"]),
        "ladder": lambda: figures.ladder(tables["reactions"], "BABA-2024Q4"),
        "aar": lambda: study_figures.aar_bars(tables["aar"]),
        "distribution": lambda: study_figures.car_distribution(tables["cars"], "reaction"),
        "heat": lambda: study_figures.heat_map(tables["abnormal_returns"]),
        "calendar": lambda: study_figures.event_calendar(tables["events"]),
    }
    return drawn[name]()


def draw(name: str, results: Results, folder: Path) -> Path:
    made = figure(name, results)
    made.set_dpi(40)
    made.set_facecolor("white")
    folder.mkdir(exist_ok=True)
    FigureCanvasAgg(made).print_png(folder / f"{name}.png", metadata={"Software": None})
    return folder / f"{name}.png"


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_looks_as_it_did(name: str, results: Results, tmp_path: Path) -> None:
    drawn = draw(name, results, tmp_path)
    assert compare_images(str(LOOKED_AT / f"{name}.png"), str(drawn), TOLERANCE) is None
    assert draw(name, results, tmp_path / "again").read_bytes() == drawn.read_bytes()


def test_a_mark_that_moved_is_seen(results: Results, tmp_path: Path) -> None:
    aar = results.tables["aar"]
    moved = aar.assign(aar=aar["aar"].where(aar["day"] != 0, -aar["aar"]))
    drawn = draw("aar", Results(results.summary, {**results.tables, "aar": moved}), tmp_path)
    assert compare_images(str(LOOKED_AT / "aar.png"), str(drawn), TOLERANCE) is not None


if __name__ == "__main__":
    from tests.reports.conftest import _make_results

    for each in NAMES:
        draw(each, _make_results(), LOOKED_AT)

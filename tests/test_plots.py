"""What ``result.plot`` shows of a study, number by number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from scipy import stats

from eventstudy.datasets import load_alibaba
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.events import Surprise
from eventstudy.panels import PricePanel
from eventstudy.result import StudyResult
from eventstudy.returns import Windows
from eventstudy.study import Study

FOCUS = "BABA-2024Q4"


@pytest.fixture(scope="module")
def result() -> StudyResult:
    """Return a study of all six events, whose windows are short enough to keep them."""
    sample = load_alibaba()
    study = Study(
        windows=Windows(estimation=(-60, -11), event=(-5, 5), named={"day0": (0, 0), "drift": (2, 5)}, min_obs=20),
        models=["market", "market_adjusted"],
        tests=["t", "cross_sectional", "bmp"],
        benchmark="SPY",
        surprise=Surprise(actual="eps_actual", estimate="eps_estimate"),
        focus=FOCUS,
    )
    return study.run(sample.events, sample.prices)


def title(axes: Axes) -> str:
    return axes.get_title(loc="left")


def line(axes: Axes, place: int) -> np.ndarray:
    return np.asarray(axes.lines[place].get_xydata(), dtype=float)


def labels(figure: Figure) -> list[str]:
    """Return what stands along the horizontal axis."""
    FigureCanvasAgg(figure).draw()
    return [label.get_text() for label in figure.axes[0].get_xticklabels()]


def test_aar_is_a_bar_a_day(result: StudyResult) -> None:
    for model in (None, "market_adjusted"):
        name = model or "market"
        rows = result.aar.query("model == @name and group == 'all'")
        (axes,) = result.plot.aar(model).axes
        assert title(axes) == f"Average abnormal return and 95% interval, {name}, N = 6"
        centres = [bar.get_x() + bar.get_width() / 2 for bar in axes.patches]  # type: ignore[attr-defined]
        np.testing.assert_allclose(centres, np.arange(-5, 6), atol=1e-12)
        assert [bar.get_height() for bar in axes.patches] == rows["aar"].tolist()  # type: ignore[attr-defined]
        (intervals,) = (each for each in axes.collections if isinstance(each, LineCollection))
        reach = stats.t.ppf(0.975, 5) * rows["std_error"]
        found = [segment[:, 1].tolist() for segment in intervals.get_segments()]
        np.testing.assert_allclose(found, np.column_stack([rows["aar"] - reach, rows["aar"] + reach]), rtol=1e-12)
    with pytest.raises(UnknownNameError, match=r"no model named 'markt'\. Did you mean 'market'\?"):
        result.plot.aar("markt")


def test_cars_are_dots_with_their_mean_and_median(result: StudyResult) -> None:
    known = result.cars.query("model == 'market' and window == 'drift'")["car"]
    (axes,) = result.plot.cars("drift").axes
    assert title(axes) == "CAR over drift, market, N = 6"
    assert line(axes, 0)[:, 0].tolist() == known.tolist()
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        f"mean {100 * known.mean():+.2f}%",
        f"median {100 * known.median():+.2f}%",
    ]
    with pytest.raises(UnknownNameError, match=r"no window named 'drif'\. Did you mean 'drift'\?"):
        result.plot.cars("drif")


def test_cars_may_be_of_any_days(result: StudyResult) -> None:
    (axes,) = result.plot.cars((-1, 1), "market_adjusted").axes
    assert title(axes) == "CAR over (-1, 1), market_adjusted, N = 6"
    assert line(axes, 0)[:, 0].tolist() == result.car((-1, 1), "market_adjusted")["car"].tolist()
    with pytest.raises(InputError, match=r"^\[0,\+9\] reaches outside the event window \[-5,\+5\]\.$"):
        result.plot.cars((0, 9))


def test_a_heat_map_has_a_row_an_event_and_a_column_a_day(result: StudyResult) -> None:
    wide = result.abnormal_returns.query("model == 'market'").pivot(index="event_id", columns="day", values="abnormal")
    wide = wide.sort_values(0, ascending=False)
    axes, scale = result.plot.heat_map().axes
    assert title(axes) == "Abnormal returns, market, N = 6, a row an event, largest of day 0 at the top"
    np.testing.assert_array_equal(axes.images[0].get_array(), wide)
    assert [label.get_text() for label in axes.get_yticklabels()] == wide.index.tolist()
    assert axes.get_xlim() == (-5.5, 5.5)
    limit = np.percentile(np.abs(wide), 98)
    np.testing.assert_allclose(axes.images[0].get_clim(), (-limit, limit), rtol=1e-12)
    np.testing.assert_allclose(scale.get_ylim(), (-limit, limit), rtol=1e-12)


def test_the_calendar_has_a_line_a_date(result: StudyResult) -> None:
    (axes,) = result.plot.calendar().axes
    assert title(axes) == "Events by day 0: 6 events on 6 dates, 16.7% on the busiest"
    drawn = np.asarray(axes.lines[0].get_ydata(), dtype=float).reshape(6, 3)
    np.testing.assert_array_equal(drawn, [[0, 1, np.nan]] * 6)
    dates = np.asarray(axes.lines[0].get_xdata()).astype("datetime64[D]").reshape(6, 3)[:, 0]
    assert dates.astype(str).tolist() == sorted(result.event_table["day0"])
    assert axes.get_ylim() == (0, 1.08)


def test_specifications_are_every_model_and_window(result: StudyResult) -> None:
    above, below, _ = result.plot.specifications().axes
    rows = result.tests.query("test == 'cross_sectional' and group == 'all'")
    assert title(above) == f"{len(rows)} specifications of the mean CAR, with 95% intervals"
    marks = np.concatenate([line(above, place)[:, 1] for place in range(1, len(above.lines))])
    assert sorted(marks) == sorted(rows["estimate"])
    named = {label.get_text() for label in below.get_yticklabels()}
    assert named == {"market", "market_adjusted", "day0", "drift"} | set(rows["window"])


def test_cars_against_a_value_have_the_line_of_least_squares(result: StudyResult) -> None:
    table = result.event_table.merge(result.cars.query("model == 'market' and window == 'drift'"), on="event_id")
    fit = stats.linregress(table["revenue_growth"], table["car"])
    figure = result.plot.against("revenue_growth", "drift")
    (axes,) = figure.axes
    assert title(axes) == (
        f"CAR over drift against revenue_growth: slope {fit.slope:.3f}, correlation {fit.rvalue:.2f}, N = 6"
    )
    np.testing.assert_array_equal(line(axes, 0), table[["revenue_growth", "car"]])
    ends = np.array([0.02, 0.08])
    np.testing.assert_allclose(line(axes, 1)[:, 1], fit.intercept + fit.slope * ends, rtol=1e-9)
    assert axes.get_xlabel() == "Revenue growth"


def test_earnings_per_share_are_no_percentages(result: StudyResult) -> None:
    figure = result.plot.against("eps_actual", (0, 1))
    assert title(figure.axes[0]).endswith("N = 4")
    assert {"10", "15", "20"} <= set(labels(figure))
    assert "0%" in labels(result.plot.against("surprise", "day0"))


@pytest.mark.parametrize("column", ["surprise_sign", "day0", "event_id"])
def test_a_column_of_words_can_not_be_drawn_against(result: StudyResult, column: str) -> None:
    with pytest.raises(InputError, match=f"^The column '{column}' of the events holds no numbers to draw\\. "):
        result.plot.against(column, "day0")


def test_estimates_are_the_spread_of_beta_and_sigma(result: StudyResult) -> None:
    rows = result.estimates.query("model == 'market'")
    beta, sigma = result.plot.estimates().axes
    assert title(beta) == f"beta, N = 6\nmedian {rows['beta'].median():.3g}"
    assert title(sigma) == f"sigma, N = 6\nmedian {100 * rows['sigma'].median():.2f}%"
    assert line(beta, 0)[:, 0].tolist() == rows["beta"].tolist()
    assert line(sigma, 0)[:, 0].tolist() == rows["sigma"].tolist()
    # A model without a beta has one panel.
    (alone,) = result.plot.estimates("market_adjusted").axes
    assert title(alone).startswith("sigma, N = 6")


def test_caar_and_ladder(result: StudyResult) -> None:
    panels = result.plot.caar().axes
    assert [title(axes) for axes in panels] == [
        "market: CAAR and 95% band, N = 6",
        "market_adjusted: CAAR and 95% band, N = 6",
    ]
    rows = result.aar.query("model == 'market' and group == 'all'")
    drawn = [line(panels[0], place) for place in range(len(panels[0].lines))]
    assert any(each.shape == (11, 2) and each[:, 1].tolist() == rows["caar"].tolist() for each in drawn)
    (axes,) = result.plot.ladder().axes
    assert [bar.get_width() for bar in axes.patches] == [  # type: ignore[attr-defined]
        rung.raw for rung in result.reaction().rungs
    ]
    assert result.plot.ladder("BABA-2024Q2").get_suptitle().startswith("BABA-2024Q2: move from base price ")


def test_a_page_of_a_model_that_fits_no_event_has_no_empty_map(tmp_path: Path) -> None:
    sample = load_alibaba()
    table = sample.prices.to_frame()[["date", "symbol", "close"]]
    # A benchmark that never moves leaves nothing to regress on.
    table.loc[table["symbol"] == "SPY", "close"] = 100.0
    study = Study(models=["market"], tests=["t"], benchmark="SPY", windows=Windows(estimation=(-60, -11), min_obs=20))
    none = study.run(sample.events, PricePanel.from_frame(table))
    assert none.abnormal_returns["abnormal"].isna().all()
    with pytest.raises(InputError, match="market could be estimated for no event"):
        none.plot.heat_map()
    page = none.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "a row an event" not in page
    assert "Events by day 0" in page

"""What the curves of a simulation show."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from eventstudy.errors import InputError
from eventstudy.simulation.power import Rejections, Simulation

TESTS = ("t", "cross_sectional", "patell", "bmp", "rank", "sign", "generalized_sign", "grank_t")


def simulation() -> Simulation:
    rows = tuple(
        Rejections("market", "reaction", test, "default", "two-sided", effect, level, 500, 0, rate)
        for place, test in enumerate(TESTS)
        for effect, rate in ((0.0, level_rate(place)), (0.01, 0.4 + 0.05 * place), (0.02, 0.8))
        for level in (0.05, 0.10)
    )
    return Simulation(500, 50, common_date=False, rows=rows)


def level_rate(place: int) -> float:
    return 0.04 + 0.002 * place


def test_a_curve_goes_through_the_rates_of_its_test() -> None:
    axes = simulation().figure(0.10).axes[0]
    curves = {str(line.get_label()): line for line in axes.lines if not str(line.get_label()).startswith("_")}
    assert tuple(curves) == TESTS
    assert curves["bmp"].get_ydata().tolist() == [level_rate(3), 0.4 + 0.05 * 3, 0.8]  # type: ignore[union-attr]
    assert "N = 500 samples" in axes.get_title(loc="left")
    assert "10% (dashed)" in axes.get_title(loc="left")
    looks = {(line.get_color(), line.get_linestyle()) for line in curves.values()}
    assert len(looks) == len(TESTS)


def test_title_and_legend_lie_inside_the_figure() -> None:
    figure = simulation().figure()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    axes = figure.axes[0]
    (legend,) = figure.legends
    title = axes.title if axes.get_title() else axes._left_title  # type: ignore[attr-defined]
    for part in (legend, title):
        box = part.get_window_extent(canvas.get_renderer())
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1 + 1


def test_a_level_that_was_not_simulated_is_told() -> None:
    with pytest.raises(InputError, match=r"level 0\.2.*levels there are: 0\.05, 0\.1\."):
        simulation().figure(0.2)

"""What the figures show: the numbers behind the marks, the words beside them, and nothing on top of anything else."""

from collections.abc import Callable
from importlib import resources

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy import stats

from eventstudy.errors import InputError, UnknownNameError
from eventstudy.reports import Results
from eventstudy.reports import study_figures as figures
from eventstudy.reports.specifications import specification_curve, specifications
from eventstudy.reports.style import signed_colours

MODEL = "market"
MODELS = ("market", "market:KWEB", "market_adjusted")


def drawn(results: Results) -> dict[str, Callable[[], Figure]]:
    tables = results.tables
    window = str(tables["cars"]["window"].iloc[0])
    return {
        "aar": lambda: figures.aar_bars(tables["aar"]),
        "distribution": lambda: figures.car_distribution(tables["cars"], window),
        "heat": lambda: figures.heat_map(tables["abnormal_returns"]),
        "calendar": lambda: figures.event_calendar(tables["events"]),
        "specifications": lambda: specification_curve(tables["tests"]),
        "estimates": lambda: figures.estimate_spread(tables["estimates"]),
    }


NAMES = ("aar", "distribution", "heat", "calendar", "specifications", "estimates")


@pytest.mark.parametrize("name", NAMES)
def test_titles_have_n_and_lie_inside_the_figure(name: str, results: Results) -> None:
    figure = drawn(results)[name]()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer, edge = canvas.get_renderer(), figure.bbox
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert any("N = " in title or "events on" in title or "specifications" in title for title in titles)
    labels = [
        label
        for axes in figure.axes
        for label in axes.get_yticklabels()
        if label.get_text() and min(axes.get_ylim()) <= label.get_position()[1] <= max(axes.get_ylim())
    ]
    boxes = [label.get_window_extent(renderer) for label in labels]
    assert all(box.x0 >= edge.x0 - 1 and box.x1 <= edge.x1 + 1 for box in boxes)


def test_bars_are_the_averages(results: Results) -> None:
    rows = results.tables["aar"].query("model == @MODEL and group == 'all'")
    axes = figures.aar_bars(results.tables["aar"], MODEL).axes[0]
    assert [bar.get_height() for bar in axes.patches] == rows["aar"].tolist()  # type: ignore[attr-defined]


def test_histogram_counts_every_event(results: Results) -> None:
    cars = results.tables["cars"]
    window = str(cars["window"].iloc[0])
    known = cars.query("model == @MODEL and window == @window")["car"].dropna()
    (dots,) = (line for line in figures.car_distribution(cars, window, MODEL).axes[0].lines if line.get_marker() == "o")
    assert np.asarray(dots.get_xdata()).tolist() == known.tolist()
    many = pd.concat([cars] * 10)
    axes = figures.car_distribution(many, window, MODEL).axes[0]
    (outline,) = axes.patches
    assert outline.get_data().values.sum() == 10 * len(known)  # type: ignore[attr-defined]
    assert axes.get_legend().get_texts()[0].get_text() == f"mean {100 * known.mean():+.2f}%"  # type: ignore[union-attr]


def test_heat_map_puts_the_largest_day_zero_first(results: Results) -> None:
    rows = results.tables["abnormal_returns"].query("model == @MODEL")
    largest = rows.query("day == 0").sort_values("abnormal", ascending=False)["event_id"].iloc[0]
    shown = figures.heat_map(results.tables["abnormal_returns"], MODEL).axes[0].images[0].get_array()
    assert shown is not None
    np.testing.assert_array_equal(shown[0], rows[rows["event_id"] == largest]["abnormal"].to_numpy())


def test_many_events_are_averaged_into_rows_and_missing_days_stay_missing() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "event_id": np.repeat([f"e{i}" for i in range(450)], 3),
            "model": "market",
            "day": np.tile([-1, 0, 1], 450),
            "abnormal": rng.normal(0, 0.02, 1350),
        }
    )
    rows.loc[rows["day"] == 1, "abnormal"] = np.nan
    figure = figures.heat_map(rows)
    shown = np.ma.filled(figure.axes[0].images[0].get_array().astype(float), np.nan)  # type: ignore[union-attr]
    assert shown.shape == (150, 3)
    assert np.isnan(shown[:, 2]).all()
    top = rows.query("day == 0")["abnormal"].sort_values(ascending=False).to_numpy()
    assert shown[0, 1] == pytest.approx(top[:3].mean())
    assert "a row is the mean of 3 events" in figure.axes[0].get_title(loc="left")


def mean_tests(results: Results) -> pd.DataFrame:
    tests = results.tables["tests"]
    return tests[tests["event_id"].isna()]


def segments(axes: Axes) -> list[list[float]]:
    (bars,) = (each for each in axes.collections if isinstance(each, LineCollection))
    return [segment[:, 1].tolist() for segment in bars.get_segments()]


def marks(axes: Axes) -> dict[str, list[tuple[float, float]]]:
    named = [line for line in axes.lines if not str(line.get_label()).startswith("_")]
    return {
        str(line.get_label()): list(zip(np.asarray(line.get_xdata()), np.asarray(line.get_ydata()), strict=True))
        for line in named
    }


def test_specifications_are_in_order_and_name_their_choices(results: Results) -> None:
    mean = mean_tests(results)
    mean = mean[mean["measure"] == "car"].sort_values("estimate")
    above, below, _ = specification_curve(results.tables["tests"]).axes
    drawn_values = np.concatenate([np.asarray(line.get_ydata()) for line in above.lines[1:]])
    assert sorted(drawn_values.tolist()) == mean["estimate"].tolist()
    names = [label.get_text() for label in below.get_yticklabels()]
    # One test of the mean CAR was asked for, and what does not differ is no choice.
    assert set(names) == {*mean["model"], *mean["window"]}
    reach = stats.t.ppf(0.975, 3) * mean["std_error"]
    expected = np.column_stack([mean["estimate"] - reach, mean["estimate"] + reach])
    np.testing.assert_allclose(segments(above), expected, rtol=1e-12)


def test_other_tests_say_where_they_reject(results: Results) -> None:
    tests = results.tables["tests"].copy()
    scaled = (tests["test"] == "bmp") & (tests["window"] == "drift")
    tests.loc[scaled, "p_value"] = [0.01, 0.2, np.nan]
    rows = mean_tests(results).query("test == 'cross_sectional'").sort_values("estimate").reset_index(drop=True)
    places = {model: int(rows.index[(rows["model"] == model) & (rows["window"] == "drift")][0]) for model in MODELS}
    below = specification_curve(tests).axes[2]
    assert [label.get_text() for label in below.get_yticklabels()] == ["bmp"]
    shown = marks(below)
    assert (places["market"], 0) in shown["p < 5%"]
    assert (places["market:KWEB"], 0) in shown["p \N{GREATER-THAN OR EQUAL TO} 5%"]
    assert shown["no p"] == [(places["market_adjusted"], 0)]


def test_every_test_of_a_mean_car_is_a_specification_and_one_without_a_p_stands_apart(results: Results) -> None:
    tests = mean_tests(results)
    own = tests[tests["test"] == "cross_sectional"]
    refused = own.assign(test="cluster_t", std_error=np.nan, df=np.nan, p_value=np.nan)
    unbounded = own.assign(test="permutation", std_error=np.nan, df=np.nan, p_value=0.001)
    normal = own.assign(test="crude_dependence", df=np.nan, p_value=0.001)
    found, others = specifications(pd.concat([tests, refused, unbounded, normal]))
    assert set(found["named"]) == {"cross_sectional", "cluster_t", "crude_dependence"}
    assert set(others["named"]) == {"bmp", "permutation"}
    above = specification_curve(pd.concat([own, refused, normal])).axes[0]
    assert {name: len(at) for name, at in marks(above).items() if name != "p \N{GREATER-THAN OR EQUAL TO} 5%"} == {
        "p < 5%": 9 + int((own["p_value"] < 0.05).sum()),
        "no p": 9,
    }
    low, high = above.get_ylim()
    assert low < min(own["estimate"].min(), 0) < high


def test_a_test_under_two_conventions_is_two_choices(results: Results) -> None:
    own = mean_tests(results).query("test == 'cross_sectional'")
    found, _ = specifications(pd.concat([own, own.assign(convention="estudy2"), own]))
    assert list(dict.fromkeys(found["named"])) == [
        "cross_sectional, literature",
        "cross_sectional, estudy2",
        "cross_sectional, literature (2)",
    ]


def test_one_event_has_neither_interval_nor_plural(results: Results) -> None:
    tables = results.tables
    aar = tables["aar"].assign(n=1, std_error=np.nan)
    title = figures.aar_bars(aar).axes[0].get_title(loc="left")
    assert title == "Abnormal return of the one event, no interval, market, N = 1"
    events = tables["events"].query("event_id == 'BABA-2024Q4'")
    assert figures.event_calendar(events).axes[0].get_title(loc="left") == "Events by day 0: 1 event on 1 date"
    cars = tables["cars"].query("event_id == 'BABA-2024Q4'")
    legend = figures.car_distribution(cars, "reaction").axes[0].get_legend()
    assert legend is not None
    assert [text.get_text().split(" +")[0] for text in legend.get_texts()] == ["the one event"]


def test_few_events_are_named_in_order_of_day_zero(results: Results) -> None:
    rows = results.tables["abnormal_returns"]
    axes = figures.heat_map(rows).axes[0]
    named = [label.get_text() for label in axes.get_yticklabels()]
    assert named == ["BABA-2025Q2", "BABA-2024Q4", "BABA-2024Q3", "BABA-2025Q1"]
    assert axes.get_title(loc="left").endswith("largest of day 0 at the top")


def test_the_first_date_has_its_year_and_all_minus_signs_are_those_of_the_tables(results: Results) -> None:
    axes = figures.event_calendar(results.tables["events"]).axes[0]
    FigureCanvasAgg(axes.figure).draw()
    low, high = axes.get_xlim()
    labels = [label for label in axes.get_xticklabels() if low <= label.get_position()[0] <= high]
    assert labels[0].get_text() == "Nov\n2024"
    for name in NAMES:
        figure = drawn(results)[name]()
        FigureCanvasAgg(figure).draw()
        assert not [text for text in figure.findobj(Text) if "\N{MINUS SIGN}" in text.get_text()]


def test_ticks_hold_every_estimate(results: Results) -> None:
    rows = results.tables["estimates"].query("model == @MODEL")
    for axes, name in zip(figures.estimate_spread(rows).axes, ("beta", "sigma"), strict=True):
        ticks = axes.get_xticks()
        assert ticks[0] <= rows[name].min()
        assert ticks[-1] >= rows[name].max()


def luminance(colour: np.ndarray) -> float:
    """Return the relative luminance of WCAG 2."""
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize(("ground", "brighter"), [("#ffffff", 1.0), ("#14181c", 1.5)])
def test_zero_is_the_ground_and_both_ends_stand_out(ground: str, brighter: float) -> None:
    # The stylesheet brightens pictures on a dark page.
    css = (resources.files("eventstudy.reports") / "templates" / "report.css.j2").read_text("utf-8")
    assert "--paper: #14181c" in css
    assert "figure svg image { filter: brightness(1.5); }" in css
    paper, colours = np.array(to_rgb(ground)), signed_colours()

    def seen(value: float) -> np.ndarray:
        *colour, opacity = colours(value)
        return np.minimum(np.array(colour) * brighter, 1) * opacity + paper * (1 - opacity)

    np.testing.assert_allclose(seen(0.5), paper, atol=1e-12)
    steps = [abs(luminance(seen(0.5 + side * step)) - luminance(paper)) for side in (-1, 1) for step in (0.1, 0.3, 0.5)]
    assert steps == sorted(steps[:3]) + sorted(steps[3:])
    for end in (0.0, 1.0):
        lighter, darker = sorted([luminance(seen(end)), luminance(paper)], reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 3


# Machado, Oliveira and Fernandes (2009), severity 1, on linear colours.
BLIND = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("kind", BLIND)
def test_gains_and_losses_differ_for_every_colour_blindness(kind: str) -> None:
    ends = np.array([signed_colours()(end)[:3] for end in (0.0, 1.0)])
    linear = np.where(ends <= 0.04045, ends / 12.92, ((ends + 0.055) / 1.055) ** 2.4)
    loss, gain = np.clip(linear @ np.array(BLIND[kind]).T, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    white = to_xyz.sum(axis=1)

    def lab(colour: np.ndarray) -> np.ndarray:
        x, y, z = np.cbrt(to_xyz @ colour / white)
        return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])

    # Two colours are told apart at a glance from a distance of about 20 in CIELAB.
    assert np.linalg.norm(lab(loss) - lab(gain)) > 40


def test_a_missing_return_is_grey_and_said(results: Results) -> None:
    rows = results.tables["abnormal_returns"]
    assert "grey" not in figures.heat_map(rows).axes[0].get_title(loc="left")
    holed = rows.assign(abnormal=rows["abnormal"].where(rows["day"] != 3))
    axes = figures.heat_map(holed).axes[0]
    assert axes.get_title(loc="left").endswith("grey: missing")
    *grey, opacity = signed_colours()(np.ma.masked_invalid([np.nan]))[0]
    assert np.ptp(grey) < 0.1
    assert opacity > 0.3


def test_scatter_states_the_slope() -> None:
    events = pd.DataFrame({"event_id": ["a", "b", "c", "d"], "surprise": [0.0, 0.1, 0.2, np.nan]})
    cars = pd.DataFrame({"event_id": list("abcd"), "model": "market", "window": "day0", "car": [0.01, 0.03, 0.05, 1]})
    figure = figures.surprise_scatter(events, cars, "day0")
    title = figure.axes[0].get_title(loc="left")
    assert title == "CAR over day0 against surprise: slope 0.200, correlation 1.00, N = 3"
    with pytest.raises(UnknownNameError, match="Did you mean 'surprise'"):
        figures.surprise_scatter(events, cars, "day0", value="suprise")
    with pytest.raises(InputError, match="not three events"):
        figures.surprise_scatter(events.head(2), cars, "day0")


def test_what_is_not_there_is_named(results: Results) -> None:
    tables = results.tables
    with pytest.raises(UnknownNameError, match="no model named"):
        figures.aar_bars(tables["aar"], "marktt")
    with pytest.raises(UnknownNameError, match="no window named"):
        figures.car_distribution(tables["cars"], "nowhere")
    with pytest.raises(InputError, match="no event was kept"):
        figures.heat_map(tables["abnormal_returns"].head(0))
    with pytest.raises(InputError, match="none was kept"):
        figures.event_calendar(tables["events"].assign(status="dropped"))
    with pytest.raises(InputError, match=r"^There is no CAR over 'reaction' to draw\.$"):
        figures.car_distribution(tables["cars"].assign(car=np.nan), "reaction")
    with pytest.raises(InputError, match=r"^There is no estimate to draw\.$"):
        figures.estimate_spread(tables["estimates"].assign(beta=np.nan, sigma=np.nan))
    with pytest.raises(InputError, match=r"^There is no test of a mean car to draw\.$"):
        specification_curve(tables["tests"].query("test == 'bmp'"))


def test_a_model_that_fits_no_event_has_no_heat_map(results: Results) -> None:
    rows = results.tables["abnormal_returns"].query("model == @MODEL").assign(abnormal=np.nan)
    with pytest.raises(
        InputError, match=r"^There is no abnormal return to draw: market could be estimated for no event\.$"
    ):
        figures.heat_map(rows)


def test_a_value_counted_in_shares_is_no_percentage() -> None:
    events = pd.DataFrame({"event_id": list("abc"), "eps_actual": [1.0, 2.0, 3.0], "size": ["s", "m", "l"]})
    cars = pd.DataFrame({"event_id": list("abc"), "model": "market", "window": "day0", "car": [0.01, 0.03, 0.05]})
    figure = figures.surprise_scatter(events, cars, "day0", "eps_actual")
    FigureCanvasAgg(figure).draw()
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()][1:-1] == ["1.0", "1.5", "2.0", "2.5", "3.0"]
    assert axes.get_xlabel() == "Eps actual"
    with pytest.raises(InputError) as caught:
        figures.surprise_scatter(events, cars, "day0", "size")
    assert str(caught.value) == "The column 'size' of the events holds no numbers to draw. Known: eps_actual."


def test_dollar_signs_in_a_wrapped_title_are_letters(results: Results) -> None:
    aar = results.tables["aar"].assign(model="$x^$")
    title = figures.aar_bars(aar).axes[0].get_title(loc="left")
    assert "$x^$" in title
    FigureCanvasAgg(figures.aar_bars(aar)).draw()

"""Pictures of figures against small ones that somebody has looked at; run this file to draw those again."""

import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgb, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text

from eventstudy.reports import (
    Results,
    figures,
    reaction_figures,
    simulation_figures,
    specifications,
    study_figures,
    trading_figures,
)
from eventstudy.reports.style import INK, MUTED, PALETTE, RULE
from tests.reports.conftest import LADDERS, simulated, with_paths

LOOKED_AT = Path(__file__).parent / "images"
FOCUS = "BABA-2024Q4"
# Root of the mean squared difference of a pixel, of 255: fonts drawn a little differently stay below it, a mark that
# has moved does not.
TOLERANCE = 8.0
LIGHT = (
    *("caar", "group_caar", "ladder", "waterfall", "intraday", "history", "aar", "distribution", "histogram", "heat"),
    *("heat_many", "calendar", "specifications", "surprise", "estimates", "power", "equity", "event_time"),
)
DARK = ("waterfall", "intraday", "heat", "heat_many", "power", "equity", "specifications")
NAMES = (*LIGHT, *(f"{name}_dark" for name in DARK))

COLOURED: dict[type[Artist], tuple[str, ...]] = {
    Text: ("color",),
    Line2D: ("color", "markerfacecolor", "markeredgecolor"),
    Patch: ("facecolor", "edgecolor"),
    Collection: ("facecolor", "edgecolor"),
}


@cache
def many() -> dict[str, pd.DataFrame]:
    """Return events, CARs, estimates, abnormal and mean abnormal returns of eighty events, MADE UP, in two groups."""
    rng = np.random.default_rng(20250220)
    names, days = [f"E{place:02d}" for place in range(80)], np.arange(-10, 11)
    surprise = rng.normal(0, 0.1, 80)
    values = rng.standard_t(4, (80, 21)) * 0.012
    values[:, 10] += 0.3 * surprise
    values[7, 3:6] = np.nan
    abnormal = pd.DataFrame({"event_id": np.repeat(names, 21), "day": np.tile(days, 80), "abnormal": values.ravel()})
    reaction = values[:, 10:12].sum(axis=1)
    paths = {"size=large": values[:40], "size=small": values[40:] + 0.001}
    means = [
        ("market", group, day, 40, caar, caar - reach, caar + reach)
        for group, held in paths.items()
        for place, (day, caar) in enumerate(zip(days, np.nanmean(held, axis=0).cumsum(), strict=True))
        for reach in [0.004 * (place + 1) ** 0.5]
    ]
    return {
        "events": pd.DataFrame({"event_id": names, "surprise": surprise}),
        "cars": pd.DataFrame({"event_id": names, "model": "market", "window": "reaction", "car": reaction}),
        "abnormal_returns": abnormal.assign(model="market"),
        "estimates": pd.DataFrame(
            {"model": "market", "beta": rng.normal(1, 0.3, 80), "sigma": np.exp(rng.normal(-4, 0.3, 80))}
        ),
        "aar": pd.DataFrame(means, columns=["model", "group", "day", "n", "caar", "ci_low", "ci_high"]),
    }


@cache
def account() -> pd.DataFrame:
    """Return the equity of two hundred days, MADE UP."""
    steps = np.random.default_rng(7).normal(0.0006, 0.006, 200)
    return pd.DataFrame({"date": pd.bdate_range("2024-01-02", periods=200), "equity": 1e6 * np.exp(steps.cumsum())})


def sessions() -> list[dict[str, float]]:
    path = np.random.default_rng(3).normal(0.002, 0.004, 11).cumsum()
    return [
        {"session": place, "n": 40, "cumulative": value, "std_error": 0.002 * (place + 1) ** 0.5}
        for place, value in enumerate(path)
    ]


def history() -> pd.DataFrame:
    moves = [closes[0] / base - 1 for base, _, _, _, _, closes in LADDERS.values()]
    return pd.DataFrame({"day0": pd.to_datetime(["2024-05-14"] * 5 + ["2025-08-29"]), "move": moves})


def figure(name: str, results: Results) -> Figure:
    tables = with_paths(results).tables
    paths = tables["paths"]
    drawn: dict[str, Callable[[], Figure]] = {
        "caar": lambda: figures.caar(tables["aar"]),
        "group_caar": lambda: figures.group_caar(many()["aar"]),
        "ladder": lambda: figures.ladder(tables["reactions"], FOCUS),
        "waterfall": lambda: reaction_figures.waterfall(tables["reactions"], FOCUS),
        "intraday": lambda: reaction_figures.intraday_of(paths[paths["event_id"] == FOCUS]),
        "history": lambda: reaction_figures.history_strip(history(), "BABA"),
        "aar": lambda: study_figures.aar_bars(tables["aar"]),
        "distribution": lambda: study_figures.car_distribution(tables["cars"], "reaction"),
        "histogram": lambda: study_figures.car_distribution(many()["cars"], "reaction"),
        "heat": lambda: study_figures.heat_map(tables["abnormal_returns"]),
        "heat_many": lambda: study_figures.heat_map(many()["abnormal_returns"]),
        "calendar": lambda: study_figures.event_calendar(tables["events"]),
        "specifications": lambda: specifications.specification_curve(tables["tests"]),
        "surprise": lambda: study_figures.surprise_scatter(many()["events"], many()["cars"], "reaction"),
        "estimates": lambda: study_figures.estimate_spread(many()["estimates"]),
        "power": lambda: simulation_figures.power_curves(simulated().to_frame()),
        "equity": lambda: trading_figures.equity_figure(account()),
        "event_time": lambda: trading_figures.event_time_figure(sessions()),
    }
    plain = name.removesuffix("_dark")
    return drawn[plain]() if plain == name else darkened(drawn[plain]())


@cache
def dark_colours() -> dict[str, str]:
    """Return what the page puts in the place of each colour of a figure where it is dark, and its ground as ``""``."""
    style = (resources.files("eventstudy.reports") / "templates" / "report.css.j2").read_text("utf-8")
    block = style[style.index("(prefers-color-scheme: dark)") :]
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block[: block.index("\n}")]))
    series = {colour: found[f"series-{place}"] for place, colour in enumerate(PALETTE, start=1)}
    return {INK: found["ink"], MUTED: found["muted"], RULE: found["rule"], "": found["paper"]} | series


def darkened(made: Figure) -> Figure:
    """Return a figure in the colours that it has on a dark page; pixels in it are brightened there, and not here."""
    # Ticks get their colours when they are first drawn.
    FigureCanvasAgg(made).draw()
    made.set_facecolor(dark_colours()[""])
    for artist in made.findobj():
        names = next((names for kind, names in COLOURED.items() if isinstance(artist, kind)), ())
        for name in names:
            given = to_rgba_array(getattr(artist, f"get_{name}")())
            swapped = [(*to_rgb(dark_colours().get(to_hex(each), to_hex(each))), each[3]) for each in given]
            if swapped:
                getattr(artist, f"set_{name}")(swapped if isinstance(artist, Collection) else swapped[0])
    return made


def draw(name: str, results: Results, folder: Path) -> Path:
    made = figure(name, results)
    made.set_dpi(40)
    if not name.endswith("_dark"):
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
    from PIL import Image

    from tests.reports.conftest import _make_results

    for each in NAMES:
        looked_at = draw(each, _make_results(), LOOKED_AT)
        # Fewer colours make smaller files, and are off by a third of the tolerance at most.
        Image.open(looked_at).convert("RGB").quantize(128, Image.Quantize.MAXCOVERAGE).save(looked_at, optimize=True)

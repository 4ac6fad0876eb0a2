"""A simulation of size and power on a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eventstudy.reports.display import clean
from eventstudy.reports.html import environment
from eventstudy.reports.simulation import chosen_level, power_table, sentences, size_table
from eventstudy.reports.simulation_figures import power_curves
from eventstudy.reports.style import PALETTE, inline_svg

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["simulation_page"]

MOST_PICTURES = 12
Pair = tuple[str, str]


def simulation_page(
    rates: pd.DataFrame, samples: int, size: int, *, common_date: bool = False, title: str = "Simulation"
) -> str:
    """Return the rejection rates of a simulation as one self-contained page of HTML, the same for the same rates.

    Parameters
    ----------
    rates : DataFrame
        As ``Simulation.to_frame`` gives it: effect, level and rate in decimals; every text in it is escaped.
    samples, size : int
        Samples of each effect, and events in a sample.
    common_date : bool
        Whether the events of a sample had one date.
    title : str
        What was simulated.
    """
    level = chosen_level(rates)
    power = power_table(rates, level)
    drawn, left_out = _chosen(rates)
    context = {
        "title": clean(title),
        "headline": sentences(rates, samples, size, common_date=common_date),
        "size": size_table(rates, samples),
        "power": power,
        "pictures": _pictures(rates, level, drawn) if power.rows else [],
        "left_out": [f"{clean(model)} over {clean(window)}" for model, window in left_out],
        "colours": list(enumerate(PALETTE, start=1)),
    }
    return environment().get_template("simulation.html.j2").render(context)


def _chosen(rates: pd.DataFrame) -> tuple[list[Pair], list[Pair]]:
    """Return the pairs of model and window that are drawn and those that are not: of many, some of every model."""
    pairs = rates[["model", "window"]].drop_duplicates()
    in_turn = pairs.groupby("model", sort=False).cumcount().to_numpy().argsort(kind="stable")
    drawn = set(in_turn[:MOST_PICTURES].tolist())
    named = [(str(model), str(window)) for model, window in pairs.itertuples(index=False)]
    return (
        [pair for place, pair in enumerate(named) if place in drawn],
        [pair for place, pair in enumerate(named) if place not in drawn],
    )


def _pictures(rates: pd.DataFrame, level: float, drawn: Sequence[Pair]) -> list[str]:
    about = "Share of the samples that each test rejects at {}, by the abnormal return on day 0, under {} over {}."
    return [
        inline_svg(
            power_curves(rates, level, model, window),
            f"power{place}",
            about.format(f"{100 * level:g}%", clean(model), clean(window)) + " Figures in the tables.",
        )
        for place, (model, window) in enumerate(drawn, start=1)
    ]

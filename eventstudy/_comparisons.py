"""Groups of a study against each other, and all of its windows, groups and models at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from eventstudy._tables import outcomes
from eventstudy._typing import Bools, Dates, Floats, Ints, Labels
from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.inference import TestResult
from eventstudy.inference.adjust import adjust, step_down
from eventstudy.inference.groups import DIFFERENCES, TRENDS
from eventstudy.inference.seeds import generator
from eventstudy.returns import Cars

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.result import ModelResult

__all__ = ["differences", "joint", "trends"]

Scalar = TypeVar("Scalar", bound=np.generic)
UNKNOWN = ("", "unknown", "nan", "None")
Found = list[tuple[str, str, Cars, TestResult]]


def differences(
    models: Mapping[str, ModelResult], column: str, labels: Labels, day0: Dates, method: str, adjustment: str
) -> pd.DataFrame:
    """Return the tests of all pairs of groups, in the columns of tests.csv.

    Parameters
    ----------
    models : mapping
        Results by label of the model, of E events each.
    column : str
        What the events are grouped by.
    labels : ndarray of shape (E,)
        The group of each; events of an unknown group are left out.
    day0 : ndarray of shape (E,)
        The date of each.
    method : str
        ``"welch"``, ``"rank_sum"`` or ``"clustered"``.
    adjustment : str
        For the family of all pairs and windows of one model.
    """
    if method not in DIFFERENCES:
        raise UnknownNameError("test of a difference", method, DIFFERENCES)
    names = _known(column, labels, None)
    found: Found = []
    for model, result in models.items():
        for each in result.cars.values():
            car, date = _by_label(each.car, each.car, labels, names), _by_label(day0, each.car, labels, names)
            found += [
                (
                    model,
                    f"{column}: {one} - {other}",
                    each,
                    DIFFERENCES[method](car[one], car[other], date[one], date[other]),
                )
                for other, one in combinations(names, 2)
            ]
    return _frame(found, adjustment)


def trends(
    models: Mapping[str, ModelResult],
    column: str,
    labels: Labels,
    method: str,
    order: Sequence[str] | None,
    adjustment: str,
) -> pd.DataFrame:
    """Return the tests of a trend along ordered groups, in the columns of tests.csv.

    Parameters
    ----------
    models : mapping
        Results by label of the model, of E events each.
    column : str
        What the events are grouped by.
    labels : ndarray of shape (E,)
        The group of each.
    method : str
        ``"rank_trend"`` or ``"jonckheere"``.
    order : sequence of str, optional
        The groups from first to last; by number where all are numbers, else by name, without it.
    adjustment : str
        For the family of all windows of one model.
    """
    if method not in TRENDS:
        raise UnknownNameError("test of a trend", method, TRENDS)
    names = _known(column, labels, order)
    told = f"{column}: {' < '.join(names)}"
    found: Found = []
    for model, result in models.items():
        for each in result.cars.values():
            held = _by_label(each.car, each.car, labels, names)
            found.append((model, told, each, TRENDS[method]([held[name] for name in names])))
    return _frame(found, adjustment)


def _known(column: str, labels: Labels, order: Sequence[str] | None) -> list[str]:
    there = {str(label) for label in labels} - set(UNKNOWN)
    if order is not None:
        for name in order:
            if str(name) not in there:
                raise UnknownNameError(f"group of {column}", str(name), there)
        names = [str(name) for name in order]
    else:
        numbers = all(name.lstrip("+-").replace(".", "", 1).isdigit() for name in there)
        names = sorted(there, key=float if numbers else str)
    if len(names) < 2:
        raise InputError(f"The events kept have {len(names)} known group of {column}; two at least can be compared.")
    return names


def _by_label(values: NDArray[Scalar], car: Floats, labels: Labels, names: Sequence[str]) -> dict[str, NDArray[Scalar]]:
    """Return the values of each group's events that have a CAR."""
    text = labels.astype(str)
    return {name: values[(text == name) & ~np.isnan(car)] for name in names}


def _frame(found: Found, adjustment: str) -> pd.DataFrame:
    frame = outcomes([(model, group, each.window, [outcome]) for model, group, each, outcome in found])
    if adjustment != "none":
        frame["adjustment"] = adjustment
        for model in frame["model"].unique():
            of = (frame["model"] == model).to_numpy()
            frame.loc[of, "p_adjusted"] = adjust(frame.loc[of, "p_value"].to_numpy(float), adjustment)
    return frame


def joint(
    models: Mapping[str, ModelResult],
    groups: Mapping[str, Bools],
    event_id: Labels,
    cluster: Ints,
    *,
    draws: int,
    seed: int,
    scheme: str,
) -> pd.DataFrame:
    """Return Romano and Wolf's step-down over all models, groups and windows, in the columns of tests.csv.

    Parameters
    ----------
    models : mapping of str to ModelResult
        By label.
    groups : mapping of str to ndarray of shape (E,)
        Members of each group.
    event_id, cluster : ndarray of shape (E,)
        Names of the events, and codes of what is drawn together.
    draws, seed, scheme
        See `eventstudy.inference.adjust.step_down`.
    """
    keys = [(label, group, cars) for label, model in models.items() for group in groups for cars in model.cars.values()]
    order = np.argsort(event_id.astype(str), kind="stable")
    x = np.column_stack([np.where(groups[group], cars.car, np.nan) for _, group, cars in keys])[order]
    tested = step_down(x, cluster[order], draws, generator(seed, "romano_wolf"), scheme=scheme)
    rows, p = [], tested.p.each()
    told = "exact" if tested.exact else f"bootstrap({tested.draws})"
    for place, (label, group, cars) in enumerate(keys):
        lacking = Reason.TOO_FEW_CLUSTERS if np.isfinite(tested.statistic[place]) else Reason.NO_DISPERSION
        outcome = TestResult.of(
            p[place],
            test=f"{scheme}_step_down",
            null="The mean abnormal return over the window is zero.",
            measure="car",
            n=int(tested.n[place]),
            estimate=float(tested.estimate[place]),
            std_error=float(tested.std_error[place]),
            statistic=float(tested.statistic[place]) if tested.tested[place] else float("nan"),
            distribution=told if tested.tested[place] else "",
            reason=Reason.OK if tested.tested[place] else lacking,
        )
        rows.append((label, group, cars.window, [outcome]))
    return outcomes(rows).assign(p_adjusted=tested.p_adjusted, adjustment="romano_wolf")

"""From the records of a study to the tables of the output contract (DESIGN section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy._labels import each_once
from eventstudy._typing import Bools, Floats, Labels
from eventstudy.distributions import PValues
from eventstudy.errors import Reason
from eventstudy.inference import TestResult
from eventstudy.inference.base import column
from eventstudy.returns import Window, average_cars

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.result import ModelResult

__all__ = [
    "averages",
    "averages_of_cars",
    "describe",
    "model_summaries",
    "outcomes",
    "tests",
]


def averages(models: Mapping[str, ModelResult]) -> pd.DataFrame:
    """Return aar.csv: one row a model, group and day."""
    import pandas as pd

    columns = ("day", "n", "aar", "std_error", "caar", "caar_std_error", "ci_low", "ci_high")
    parts = [
        pd.DataFrame({"model": label, "group": group, **{name: getattr(average, name) for name in columns}})
        for label, result in models.items()
        for group, average in result.averages.items()
    ]
    return pd.concat(parts, ignore_index=True)


def averages_of_cars(
    models: Mapping[str, ModelResult], groups: Mapping[str, Bools], method: str, weights: Floats | None
) -> pd.DataFrame:
    """Return averages over events: one row a model, group and window."""
    import pandas as pd

    rows = [
        {
            "model": label,
            "group": group,
            "window": name,
            **asdict(average_cars(found, members, method, weights=weights)),
        }
        for label, result in models.items()
        for group, members in groups.items()
        for name, found in result.cars.items()
    ]
    return pd.DataFrame(rows)


TEST_COLUMNS = (
    "model",
    "group",
    "window",
    "start",
    "end",
    "measure",
    "test",
    "event_id",
    "convention",
    "alternative",
    "n",
    "estimate",
    "std_error",
    "statistic",
    "distribution",
    "df",
    "p_value",
    "p_adjusted",
    "adjustment",
    "reason",
    "p_two_sided",
    "p_greater",
    "p_less",
    "df2",
    "note",
)

# What the results of a family have in common beside their model, and the event.
FAMILY = ("test", "convention", "alternative", "event_id")


def tests(models: Mapping[str, ModelResult], adjustment: str) -> pd.DataFrame:
    """Return tests.csv: one row a model, group, window and test, or event for a test of single events.

    Only the p-values of the chosen alternative, `p_value`, are adjusted; a statistic without a direction has neither
    `p_greater` nor `p_less`, and the note says so.

    Parameters
    ----------
    models : mapping of str to ModelResult
        By label.
    adjustment : str
        What adjusts the p-values of a family: all windows and groups of one test under one model (METHODS 4.11), or
        all windows of one event.
    """
    from eventstudy.inference.adjust import adjust_families

    asked = [(label, *found) for label, result in models.items() for found in result.tests.found]
    frame = outcomes(asked)
    families = [
        (label, *said, event_id, event_id and group)
        for label, group, _, results in asked
        for *said, event_id in zip(*(column(results, name) for name in FAMILY), strict=True)
    ]
    frame["p_adjusted"] = adjust_families(frame["p_value"].to_numpy(float), families, adjustment)
    frame["adjustment"] = adjustment
    return frame


def outcomes(found: Sequence[tuple[str, str, Window, Sequence[TestResult]]]) -> pd.DataFrame:
    """Return rows of tests.csv from model, group, window and what a test says of them, not adjusted."""
    import pandas as pd

    held: dict[str, Any] = {
        each.name: [cell for *_, results in found for cell in column(results, each.name)] for each in fields(TestResult)
    }
    count = [len(results) for *_, results in found]
    rows = len(held["test"])
    tails = PValues(*(np.array(held[f"p_{tail}"], dtype=np.float64) for tail in PValues._fields))
    alternative = np.array(held["alternative"], dtype=object)
    p_value = np.full(rows, np.nan)
    for each in dict.fromkeys(held["alternative"]):
        p_value[alternative == each] = tails.of(each)[alternative == each]
    held |= {
        "model": np.repeat(np.array([model for model, *_ in found], dtype=object), count),
        "group": np.repeat(np.array([group for _, group, *_ in found], dtype=object), count),
        "window": np.repeat(np.array([window.name for _, _, window, _ in found], dtype=object), count),
        "start": np.repeat(np.array([window.start for _, _, window, _ in found], dtype=np.int64), count),
        "end": np.repeat(np.array([window.end for _, _, window, _ in found], dtype=np.int64), count),
        "alternative": list(map(str, held["alternative"])),
        "p_value": p_value,
        "p_adjusted": np.full(rows, np.nan),
        "adjustment": ["none"] * rows,
        "reason": _reasons(held["reason"]),
        "note": held["notes"],
    }
    return pd.DataFrame({name: held[name] for name in TEST_COLUMNS})


def model_summaries(
    event_id: Labels, models: Mapping[str, ModelResult], focus: str | None
) -> dict[str, dict[str, Any]]:
    """Return, by model, the mean CAR of each window and the focus event's figures."""
    places = [] if focus is None else np.flatnonzero(event_id == focus).tolist()
    place = places[0] if places else None
    summaries: dict[str, dict[str, Any]] = {}
    for label, result in models.items():
        found = result.abnormal.estimates
        windows = {}
        for name, each in result.cars.items():
            good = ~np.isnan(each.car)
            windows[name] = {
                "n": int(good.sum()),
                "caar": float(each.car[good].mean()) if good.any() else float("nan"),
            }
        summaries[label] = {
            "kind": result.model.kind,
            "regressors": [str(name) for name in result.model.regressors],
            "estimated": int((found.reason == Reason.OK).sum()),
            "windows": windows,
        }
        if place is not None:
            summaries[label]["focus"] = {
                "parameters": {name: float(found.parameter(name)[place]) for name in found.names},
                "sigma": float(found.sigma[place]),
                "windows": {
                    name: {
                        "car": float(each.car[place]),
                        "std_error": float(each.std_error[place]),
                        "t": float(each.t[place]),
                        "p_value": float(each.p_value[place]),
                    }
                    for name, each in result.cars.items()
                },
            }
    return summaries


def describe(value: Any) -> Any:
    """Return a setting as plain JSON values: dataclasses by field, with the name of their kind."""
    if is_dataclass(value) and not isinstance(value, type):
        described = {each.name: describe(getattr(value, each.name)) for each in fields(value)}
        kind = getattr(value, "kind", None)
        return {"kind": kind, **described} if isinstance(kind, str) else described
    if isinstance(value, Mapping):
        return {str(key): describe(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [describe(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _reasons(reason: Iterable[Reason]) -> Labels:
    labels = reason if isinstance(reason, np.ndarray) else np.array(list(reason), dtype=object)
    return each_once(labels, lambda each: "" if each == Reason.OK else str(each))

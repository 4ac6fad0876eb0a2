"""From the records of a study to the tables of the output contract (DESIGN section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy._typing import Bools, Floats, Labels
from eventstudy.distributions import PValues
from eventstudy.errors import Reason
from eventstudy.events import Events, Flags, Placed
from eventstudy.inference import TestResult
from eventstudy.panels import ReturnPanel
from eventstudy.returns import Aligned, Attrition, Cars, Window, average_cars

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.result import ModelResult

__all__ = [
    "abnormal_returns",
    "averages",
    "averages_of_cars",
    "cars",
    "describe",
    "estimates",
    "events",
    "model_summaries",
    "outcomes",
    "tests",
]


def events(given: Events, placed: Placed, attrition: Attrition, flags: Flags) -> pd.DataFrame:
    """Return events.csv: every event given, in its order."""
    import pandas as pd

    day0 = placed.dates(given.calendar)
    known = ~np.isnat(given.announced_at)
    announced_at = np.where(known, np.char.add(given.announced_at.astype(str), "Z"), "")
    reasons = np.where(attrition.kept, "", attrition.status.astype(str))
    return pd.DataFrame(
        {
            "event_id": given.event_id,
            "symbol": given.symbol,
            "announced_at": announced_at.astype(object),
            "date": given.date.astype(str).astype(object),
            "timing": _words(given.timing),
            "phase": _words(placed.phase),
            "day0": np.where(np.isnat(day0), "", day0.astype(str)).astype(object),
            "status": np.where(attrition.kept, "ok", "dropped").astype(object),
            "reason": reasons.astype(object),
            "flags": flags.text,
            **given.groups,
            **given.values,
            "detail": attrition.detail,
        }
    )


def estimates(event_id: Labels, models: Mapping[str, ModelResult]) -> pd.DataFrame:
    """Return estimates.csv: one row an event and model, one column a parameter."""
    import pandas as pd

    names = list(dict.fromkeys(name for each in models.values() for name in each.abnormal.estimates.names))
    parts = []
    for label, result in models.items():
        found = result.abnormal.estimates
        parameters = {
            name: found.parameter(name) if name in found.names else np.full(len(event_id), np.nan) for name in names
        }
        parts.append(
            pd.DataFrame(
                {
                    "event_id": event_id,
                    "model": label,
                    "n_obs": found.n_obs,
                    "dof": found.dof,
                    "sigma": found.sigma,
                    "r_squared": found.r_squared,
                    **parameters,
                    **({} if result.abnormal.rho is None else {"rho": result.abnormal.rho}),
                    **(asdict(found.diagnostics) if found.diagnostics is not None else {}),
                    "reason": _reasons(found.reason),
                    "detail": found.detail,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def abnormal_returns(
    event_id: Labels, aligned: Aligned, panel: ReturnPanel, models: Mapping[str, ModelResult]
) -> pd.DataFrame:
    """Return abnormal_returns.csv: one row an event, model and day."""
    import pandas as pd

    days = np.array(aligned.windows.days)
    sessions = aligned.day0[:, None] + days
    dates = np.empty(sessions.shape, dtype="datetime64[D]")
    calendars = np.array([panel.listing.calendars[code].code for code in aligned.code], dtype=object)
    for code in set(calendars):
        calendar = next(each for each in panel.listing.calendars if each.code == code)
        dates[calendars == code] = calendar.sessions[sessions[calendars == code]]
    parts = [
        pd.DataFrame(
            {
                "event_id": np.repeat(event_id, len(days)),
                "model": label,
                "day": np.tile(days, len(event_id)),
                "date": dates.astype(str).astype(object).ravel(),
                "actual": result.abnormal.actual.ravel(),
                "expected": result.abnormal.expected.ravel(),
                "abnormal": result.abnormal.ar.ravel(),
                "std_error": result.abnormal.std_error.ravel(),
                "sar": result.abnormal.sar.ravel(),
            }
        )
        for label, result in models.items()
    ]
    return pd.concat(parts, ignore_index=True)


def cars(event_id: Labels, models: Mapping[str, ModelResult]) -> pd.DataFrame:
    """Return cars.csv: one row an event, model and window."""
    import pandas as pd

    parts = [
        _car_table(event_id, label, name, found)
        for label, result in models.items()
        for name, found in result.cars.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _car_table(event_id: Labels, label: str, name: str, found: Cars) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "event_id": event_id,
            "model": label,
            "window": name,
            "start": found.window.start,
            "end": found.window.end,
            "car": found.car,
            "std_error": found.std_error,
            "t": found.t,
            "p_value": found.p_value,
            "bhar": found.bhar,
            "reason": _reasons(found.reason),
        }
    )


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

    asked = [(label, tested) for label, result in models.items() for tested in result.tests]
    frame = outcomes([(label, tested.group, tested.window, tested.outcome) for label, tested in asked])
    families = [
        (
            label,
            tested.outcome.test,
            tested.outcome.convention,
            tested.outcome.alternative,
            tested.outcome.event_id,
            tested.outcome.event_id and tested.group,
        )
        for label, tested in asked
    ]
    frame["p_adjusted"] = adjust_families(frame["p_value"].to_numpy(float), families, adjustment)
    frame["adjustment"] = adjustment
    return frame


def outcomes(found: Sequence[tuple[str, str, Window, TestResult]]) -> pd.DataFrame:
    """Return rows of tests.csv from model, group, window and what a test says of them, not adjusted."""
    import pandas as pd

    results = [outcome for *_, outcome in found]
    held: dict[str, Any] = {
        each.name: [getattr(result, each.name) for result in results] for each in fields(TestResult)
    }
    tails = PValues(*(np.array(held[f"p_{tail}"], dtype=np.float64) for tail in PValues._fields))
    alternative = np.array(held["alternative"], dtype=object)
    p_value = np.full(len(found), np.nan)
    for each in dict.fromkeys(held["alternative"]):
        p_value[alternative == each] = tails.of(each)[alternative == each]
    held |= {
        "model": [model for model, *_ in found],
        "group": [group for _, group, *_ in found],
        "window": [window.name for _, _, window, _ in found],
        "start": [window.start for _, _, window, _ in found],
        "end": [window.end for _, _, window, _ in found],
        "alternative": list(map(str, held["alternative"])),
        "p_value": p_value,
        "p_adjusted": np.full(len(found), np.nan),
        "adjustment": ["none"] * len(found),
        "reason": _reasons(held["reason"]),
        "note": held["notes"],
    }
    return pd.DataFrame({name: held[name] for name in TEST_COLUMNS})


def model_summaries(
    event_id: Labels, models: Mapping[str, ModelResult], focus: str | None
) -> dict[str, dict[str, Any]]:
    """Return, by model, the mean CAR of each window and the focus event's figures."""
    place = int(np.flatnonzero(event_id == focus)[0]) if focus in event_id else None
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


def _words(labels: Labels) -> Labels:
    return np.array([str(label) for label in labels], dtype=object)


def _reasons(reason: Iterable[Reason]) -> Labels:
    return np.array(["" if each == Reason.OK else str(each) for each in reason], dtype=object)

"""From the records of a study to the tables of the output contract (DESIGN section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy._labels import each_once
from eventstudy._typing import Bools, Dates, Floats, Labels
from eventstudy.distributions import PValues
from eventstudy.errors import Reason
from eventstudy.events import Events, Flags, Placed
from eventstudy.inference import TestResult
from eventstudy.panels import ReturnPanel
from eventstudy.reports.long_tables import PART, LongTable, Part, Words
from eventstudy.returns import Aligned, Attrition, Cars, Window, average_cars
from eventstudy.returns.align import session_dates

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.result import ModelResult

ABNORMAL_COLUMNS = ("event_id", "model", "day", "date", "actual", "expected", "abnormal", "std_error", "sar")
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
    announced_at = np.full(len(known), "", dtype=object)
    announced_at[known] = np.char.add(given.announced_at[known].astype(str), "Z")
    kept = attrition.kept
    return pd.DataFrame(
        {
            "event_id": given.event_id,
            "symbol": given.symbol,
            "announced_at": announced_at,
            "date": _days(given.date),
            "timing": _words(given.timing),
            "phase": _words(placed.phase),
            "day0": _days(day0),
            "status": np.array(["dropped", "ok"], dtype=object)[kept.astype(np.int8)],
            "reason": _reasons(attrition.status),
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
) -> LongTable:
    """Return abnormal_returns.csv: one row an event, model and day."""
    days, results = np.array(aligned.windows.days), list(models.values())
    names = np.array(list(models), dtype=object)
    size = len(event_id) * len(days)

    def parts() -> Iterator[Part]:
        held: dict[int, dict[str, Floats]] = {}
        for first in range(0, max(1, size * len(results)), PART):
            place, within = np.divmod(np.arange(first, min(first + PART, size * len(results))), max(1, size))
            event, day = np.divmod(within, len(days))
            pieces = []
            for each in range(place[0], place[-1] + 1) if len(place) else [0]:
                if each not in held:
                    # One model's numbers at a time.
                    held = {each: _numbers(results[each])}
                rows = slice(max(0, first - each * size), min(size, first + PART - each * size))
                pieces.append({name: numbers[rows] for name, numbers in held[each].items()})
            yield {
                "event_id": Words.of(event, event_id),
                "model": Words.of(place, names),
                "day": days[day],
                "date": session_dates(panel.listing, aligned.code[event], aligned.day0[event] + days[day]),
                **_joined(pieces),
            }

    return LongTable(ABNORMAL_COLUMNS, size * len(results), parts)


def _numbers(result: ModelResult) -> dict[str, Floats]:
    """Return the columns of numbers of one model, row after row."""
    ar, std_error = result.abnormal.ar, result.abnormal.std_error
    numbers = {
        "actual": result.abnormal.actual,
        "expected": result.abnormal.expected,
        "abnormal": ar,
        "std_error": std_error,
        "sar": ar / std_error,
    }
    return {name: each.ravel() for name, each in numbers.items()}


def _joined(pieces: list[dict[str, Floats]]) -> dict[str, Floats]:
    return (
        pieces[0] if len(pieces) == 1 else {name: np.concatenate([each[name] for each in pieces]) for name in pieces[0]}
    )


def cars(event_id: Labels, models: Mapping[str, ModelResult]) -> pd.DataFrame:
    """Return cars.csv: one row an event, model and window."""
    import pandas as pd

    parts = []
    for label, result in models.items():
        parts += [_car_table(event_id, label, name, found) for name, found in result.cars.items()]
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


def _days(dates: Dates) -> Labels:
    """Return dates as ISO text, empty where there is none."""
    known, code = np.unique(dates, return_inverse=True)
    return np.where(np.isnat(known), "", known.astype(str)).astype(object)[code]


def _words(labels: Labels) -> Labels:
    return each_once(labels, str)


def _reasons(reason: Iterable[Reason]) -> Labels:
    labels = reason if isinstance(reason, np.ndarray) else np.array(list(reason), dtype=object)
    return each_once(labels, lambda each: "" if each == Reason.OK else str(each))

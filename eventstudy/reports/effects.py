"""What people ask of the result frames: the effects on one event, the mean effect, the rungs of one event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eventstudy.errors import InputError, nearest
from eventstudy.reports.contract import is_missing

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Effect",
    "asked_for_mean",
    "confidence_interval",
    "event_effects",
    "event_rows",
    "leg_rows",
    "mean_effects",
    "rows_of",
    "whole_group",
]

CONFIDENCE = 0.95
MEAN_TEST = "cross_sectional"
NAN = float("nan")
# A standard error of so small a share of its estimate is what summing equal values leaves.
ROUNDING = 1e-14


@dataclass(frozen=True, slots=True)
class Effect:
    """A cumulative abnormal return, of one event or of the mean, with what its test says.

    `value`, `std_error`, `low` and `high` are decimals over the window; the interval has 95% confidence, and the
    p-value is two-sided as the interval is, whatever alternative was asked for. NaN where missing, with the reason.
    """

    model: str
    window: str
    start: float
    end: float
    value: float
    std_error: float
    statistic: float
    p_value: float
    low: float
    high: float
    n: float
    reason: str


def event_effects(tables: Mapping[str, pd.DataFrame], event_id: str) -> list[Effect]:
    """Return the abnormal return on day 0 and over each window of one event, model by model.

    Day 0 is taken from the windows if one of them is [0, 0], otherwise from the abnormal returns:
    t = AR / s.e. with the estimation's degrees of freedom.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The result frames; ``cars``, ``abnormal_returns`` and ``estimates`` are read.
    event_id : str
        The event.
    """
    cars, estimates, days = (
        rows_of(event_rows(tables[name], event_id)) for name in ("cars", "estimates", "abnormal_returns")
    )
    freedom = {row["model"]: row["dof"] for row in estimates}
    day_zero = {row["model"]: row for row in days if row["day"] == 0}
    effects: list[Effect] = []
    for model in dict.fromkeys([*day_zero, *(row["model"] for row in cars)]):
        dof = float(freedom.get(model, NAN))
        windows = [_event_effect(row, dof) for row in cars if row["model"] == model]
        if model in day_zero and not any(each.start == each.end == 0 for each in windows):
            row = day_zero[model]
            effects.append(_day_zero_effect(str(model), row["abnormal"], row["std_error"], dof))
        effects += windows
    return effects


def _event_effect(row: Mapping[str, object], dof: float) -> Effect:
    value, error = _float(row["car"]), _float(row["std_error"])
    low, high = confidence_interval(value, error, dof)
    return Effect(
        model=str(row["model"]),
        window=str(row["window"]),
        start=_float(row["start"]),
        end=_float(row["end"]),
        value=value,
        std_error=error,
        statistic=_float(row["t"]),
        p_value=_float(row["p_value"]),
        low=low,
        high=high,
        n=1,
        reason=_text(row["reason"]),
    )


def _day_zero_effect(model: str, value: float, error: float, dof: float) -> Effect:
    from scipy.special import stdtr

    known = error > 0 and dof > 0
    statistic = value / error if known else NAN
    p_value = float(2 * stdtr(dof, -abs(statistic))) if known else NAN
    low, high = confidence_interval(value, error, dof)
    return Effect(model, "day 0", 0, 0, value, error, statistic, p_value, low, high, 1, "")


def mean_effects(tables: Mapping[str, pd.DataFrame]) -> list[Effect]:
    """Return the mean CAR of all kept events, model by model and window by window.

    They are the rows of the cross-sectional t test; where a study asked for none, the CAAR over the whole
    event window as in ``aar``, with its interval and no test.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The result frames; ``tests`` and ``aar`` are read.
    """
    tests = _mean_tests(tables)
    if len(tests):
        return [_mean_effect(row) for row in rows_of(tests)]
    effects = []
    for model, path in whole_group(tables["aar"]).groupby("model", sort=False):
        first, last = path.iloc[0], path.iloc[-1]
        value, error = _float(last["caar"]), _float(last["caar_std_error"])
        low, high = _float(last["ci_low"]), _float(last["ci_high"])
        if not error > ROUNDING * abs(value):
            low, high = NAN, NAN
        effects.append(
            Effect(
                model=str(model),
                window="event",
                start=_float(first["day"]),
                end=_float(last["day"]),
                value=value,
                std_error=error,
                statistic=NAN,
                p_value=NAN,
                low=low,
                high=high,
                n=_float(last["n"]),
                reason="",
            )
        )
    return effects


def asked_for_mean(tables: Mapping[str, pd.DataFrame]) -> bool:
    """Return whether the study asked for the cross-sectional t test that `mean_effects` reads."""
    return len(_mean_tests(tables)) > 0


def _mean_tests(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    tests = whole_group(tables["tests"])
    return tests[(tests["test"] == MEAN_TEST) & (tests["event_id"].fillna("") == "")]


def _mean_effect(row: Mapping[str, object]) -> Effect:
    value, error = _float(row["estimate"]), _float(row["std_error"])
    low, high = confidence_interval(value, error, _float(row["df"]))
    return Effect(
        model=str(row["model"]),
        window=str(row["window"]),
        start=_float(row["start"]),
        end=_float(row["end"]),
        value=value,
        std_error=error,
        statistic=_float(row["statistic"]),
        p_value=_float(row["p_two_sided"]),
        low=low,
        high=high,
        n=_float(row["n"]),
        reason=_text(row["reason"]),
    )


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame, plain values by the name of their column."""
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in frame.to_numpy(dtype=object).tolist()]


def event_rows(frame: pd.DataFrame, event_id: str) -> pd.DataFrame:
    """Return the rows of one event, none if the frame does not hold it."""
    own = frame["event_id"] == event_id
    return frame if own.all() else frame[own]


def leg_rows(reactions: pd.DataFrame, event_id: str, kind: str) -> pd.DataFrame:
    """Return one row for each rung or leg of one event, in the order of the frame.

    Where a leg is compared both with ordinary days and with the stock's own events, the row of the ordinary
    days is given.

    Raises
    ------
    InputError
        If the frame holds no such event.
    """
    rows = event_rows(reactions, event_id)
    if rows.empty:
        known = [str(each) for each in reactions["event_id"].unique()]
        raise InputError(f"There is no reaction of an event {event_id!r}. {nearest(event_id, known)}")
    legs, references = rows["leg"].tolist(), rows["reference"].tolist()
    places = [place for place, each in enumerate(rows["kind"].tolist()) if each == kind]
    first: dict[str, int] = {}
    for place in sorted(places, key=lambda place: references[place] == "own_events"):
        first.setdefault(legs[place], place)
    in_order = dict.fromkeys(legs[place] for place in places)
    return rows.iloc[[first[leg] for leg in in_order]].reset_index(drop=True)


def whole_group(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that speak of all events together: group ``all`` or empty, else those of the first group."""
    groups = frame["group"].fillna("all").replace("", "all")
    if not len(groups) or (groups == "all").any():
        return frame[groups == "all"]
    return frame[groups == groups.iloc[0]]


def confidence_interval(value: float, error: float, df: float) -> tuple[float, float]:
    """Return value -+ quantile * error, Student with df degrees of freedom, normal where df is missing.

    Missing where the error is zero or missing: such an interval would claim to be certain.
    """
    from scipy.special import ndtri, stdtrit

    if not error > ROUNDING * abs(value):
        return NAN, NAN
    upper = (1 + CONFIDENCE) / 2
    reach = error * float(ndtri(upper) if is_missing(df) else stdtrit(df, upper))
    return value - reach, value + reach


def _float(value: object) -> float:
    return NAN if is_missing(value) else float(str(value))


def _text(value: object) -> str:
    return "" if is_missing(value) else str(value)

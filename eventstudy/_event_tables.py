"""The tables of a study with rows for every event: made a part at a time, so that none need be whole in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventstudy._typing import Floats, Labels
from eventstudy.errors import Reason
from eventstudy.events import Events, Flags, Placed
from eventstudy.panels import ReturnPanel
from eventstudy.reports.long_tables import PART, LongTable, Part, Words, joined
from eventstudy.returns import Aligned, Attrition, Cars
from eventstudy.returns.accumulators import take
from eventstudy.returns.align import session_dates

if TYPE_CHECKING:
    from eventstudy.result import ModelResult

__all__ = ["abnormal_returns", "cars", "estimates", "events"]

ABNORMAL_COLUMNS = ("event_id", "model", "day", "date", "actual", "expected", "abnormal", "std_error", "sar")
CAR_COLUMNS = (
    "event_id",
    "model",
    "window",
    "start",
    "end",
    "car",
    "std_error",
    "t",
    "p_value",
    "bhar",
    "reason",
)
_STATUS = np.array(["dropped", "ok"], dtype=object)

Piece = Callable[[slice], Part]
"""Gives some rows of what one model, or one of its windows, has of all events."""


def _long(columns: Sequence[str], event_id: Labels, pieces: Sequence[Piece], per: int = 1) -> LongTable:
    """Return the table of pieces with `per` rows for each event, one after another; they lack the names of events."""
    size = per * len(event_id)
    rows = size * len(pieces)

    def parts() -> Iterator[Part]:
        for first in range(0, max(1, rows), PART):
            last = min(first + PART, rows)
            held = range(first // max(1, size), max(1, -(-last // max(1, size))))
            within = [slice(max(0, first - each * size), min(size, last - each * size)) for each in held]
            part = joined([pieces[each](some) for each, some in zip(held, within, strict=True)])
            ids = _names(within, per, event_id)
            yield {name: ids if name == "event_id" else part[name] for name in columns}

    return LongTable(tuple(columns), rows, parts)


def _names(within: Sequence[slice], per: int, event_id: Labels) -> Words:
    """Return the name of the event of each row of a part: of rows of each piece, with so many rows for each event."""
    if len(within) > 1:
        return Words.of(np.concatenate([np.arange(some.start, some.stop) // per for some in within]), event_id)
    (rows,) = within
    first, last = rows.start // per, -(-rows.stop // per)
    events = np.repeat(np.arange(last - first, dtype=np.int32), per)
    return Words(events[rows.start - per * first :][: rows.stop - rows.start], event_id[first:last])


def events(given: Events, placed: Placed, attrition: Attrition, flags: Flags) -> LongTable:
    """Return events.csv: every event given, in its order."""
    day0, kept, flagged = placed.dates(given.calendar), attrition.kept, flags.text

    def piece(rows: slice) -> Part:
        return {
            "symbol": Words.of_labels(given.symbol[rows]),
            "announced_at": given.announced_at[rows],
            "date": given.date[rows],
            "timing": Words.of_labels(given.timing[rows]),
            "phase": Words.of_labels(placed.phase[rows]),
            "day0": day0[rows],
            "status": Words.of(kept[rows].astype(np.int64), _STATUS),
            "reason": Words.of_labels(attrition.status[rows], none=Reason.OK),
            "flags": Words.of_labels(flagged[rows]),
            **{name: Words.of_labels(labels[rows]) for name, labels in given.groups.items()},
            **{name: numbers[rows] for name, numbers in given.values.items()},
            "detail": Words.of_labels(attrition.detail[rows]),
        }

    return _long(("event_id", *piece(slice(0, 0))), given.event_id, [piece])


def estimates(event_id: Labels, models: Mapping[str, ModelResult]) -> LongTable:
    """Return estimates.csv: one row an event and model, one column a parameter."""
    numbers = {label: _estimated(result) for label, result in models.items()}
    parameters = [name for result in models.values() for name in result.abnormal.estimates.names]
    own = dict.fromkeys([*parameters, *(name for each in numbers.values() for name in each)])
    first = ("event_id", "model", "n_obs", "dof", "sigma", "r_squared")

    def piece(label: str, rows: slice) -> Part:
        found, count = models[label].abnormal.estimates, rows.stop - rows.start
        none = np.full(count, np.nan)
        return {
            "model": _word(label, count),
            **{name: getattr(found, name)[rows] for name in first[2:]},
            **{name: numbers[label][name][rows] if name in numbers[label] else none for name in own},
            "reason": Words.of_labels(found.reason[rows], none=Reason.OK),
            "detail": Words.of_labels(found.detail[rows]),
        }

    return _long((*first, *own, "reason", "detail"), event_id, [partial(piece, label) for label in models])


def _estimated(result: ModelResult) -> dict[str, NDArray[Any]]:
    """Return the columns that a model has of its own: parameters, autocorrelation, diagnostics."""
    found, rho = result.abnormal.estimates, result.abnormal.rho
    return {
        **{name: found.parameter(name) for name in found.names},
        **({} if rho is None else {"rho": rho}),
        **({} if found.diagnostics is None else asdict(found.diagnostics)),
    }


def abnormal_returns(
    event_id: Labels, aligned: Aligned, panel: ReturnPanel, models: Mapping[str, ModelResult]
) -> LongTable:
    """Return abnormal_returns.csv: one row an event, model and day."""
    days = np.array(aligned.windows.days)

    def piece(label: str, rows: slice) -> Part:
        first, last = rows.start // len(days), -(-rows.stop // len(days))
        within = slice(rows.start - first * len(days), rows.stop - first * len(days))
        day0 = aligned.day0[first:last]
        dates = session_dates(panel.listing, aligned.code[first:last], day0[:, None] + days)
        numbers = _numbers(models[label], slice(first, last))
        return {
            "model": _word(label, rows.stop - rows.start),
            "day": np.tile(days, last - first)[within],
            "date": dates.ravel()[within],
            **{name: each.ravel()[within] for name, each in numbers.items()},
        }

    return _long(ABNORMAL_COLUMNS, event_id, [partial(piece, label) for label in models], len(days))


def _numbers(result: ModelResult, rows: slice) -> dict[str, Floats]:
    """Return the columns of numbers of some events of one model, shape (n, L)."""
    abnormal = result.abnormal.take(rows)
    std_error = abnormal.std_error
    return {
        "actual": abnormal.actual,
        "expected": abnormal.expected,
        "abnormal": abnormal.ar,
        "std_error": std_error,
        "sar": abnormal.ar / std_error,
    }


def cars(event_id: Labels, models: Mapping[str, ModelResult]) -> LongTable:
    """Return cars.csv: one row an event, model and window."""
    pieces = [_of_window(label, name, found) for label, result in models.items() for name, found in result.cars.items()]
    return _long(CAR_COLUMNS, event_id, pieces)


def _of_window(label: str, name: str, whole: Cars) -> Piece:
    held = cache(lambda: whole.bhar)

    def piece(rows: slice) -> Part:
        count, found = rows.stop - rows.start, take(whole, rows)
        return {
            "model": _word(label, count),
            "window": _word(name, count),
            "start": np.full(count, found.window.start),
            "end": np.full(count, found.window.end),
            "car": found.car,
            "std_error": found.std_error,
            "t": found.t,
            "p_value": found.p_value,
            "bhar": held()[rows],
            "reason": Words.of_labels(found.reason, none=Reason.OK),
        }

    return piece


def _word(name: str, count: int) -> Words:
    """Return one word in so many rows."""
    return Words(np.zeros(count, dtype=np.int32), np.array([name], dtype=object)[:count])

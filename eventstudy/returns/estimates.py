"""What the estimation of many events brought home."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np

from eventstudy._labels import is_alike
from eventstudy._typing import Floats, Ints, Labels
from eventstudy.execution import sliced
from eventstudy.returns.diagnostics import Diagnostics
from eventstudy.returns.models.base import EstimationResult, ExpectedReturnModel

__all__ = ["Estimates", "Whole"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """The estimation of E events; a column of one value for all is read-only.

    Parameters
    ----------
    names : tuple of str
        P parameter names.
    parameters : ndarray of shape (E, P)
        NaN where the model could not be estimated.
    sigma, r_squared : ndarray of shape (E,)
        Residual standard deviation (a decimal per session) and share of variance explained.
    dof, n_obs : ndarray of shape (E,)
        Degrees of freedom and sessions used.
    reason, detail : ndarray of shape (E,)
        Why there is no estimate, ``ok`` where there is one, and the figures behind it.
    mean_residual : ndarray of shape (E,), optional
        Mean of the estimation residuals, a decimal per session: zero for least squares with a constant.
    diagnostics : Diagnostics, optional
        Where they were asked for.
    """

    names: tuple[str, ...]
    parameters: Floats
    sigma: Floats
    r_squared: Floats
    dof: Ints
    n_obs: Ints
    reason: Labels
    detail: Labels
    mean_residual: Floats | None = None
    diagnostics: Diagnostics | None = None

    @classmethod
    def of(
        cls, model: ExpectedReturnModel, result: EstimationResult, diagnostics: Diagnostics | None = None
    ) -> Estimates:
        """Return what is kept of an estimation."""
        kept = ("parameters", "sigma", "r_squared", "dof", "n_obs", "reason", "detail")
        arrays: dict[str, Any] = {name: getattr(result, name) for name in kept}
        mean = _mean_residual(result.residuals)
        return cls(names=model.parameters, **arrays, mean_residual=mean, diagnostics=diagnostics)

    def parameter(self, name: str) -> Floats:
        """Return one parameter of every event, shape (E,)."""
        return self.parameters[:, self.names.index(name)]

    @property
    def bias(self) -> tuple[float, float]:
        """Average over events of the mean residual, and its standard error; NaN with fewer than two events."""
        found = np.empty(0) if self.mean_residual is None else self.mean_residual
        found = found[~np.isnan(found)]
        if len(found) < 2:
            return float("nan"), float("nan")
        return float(found.mean()), float(found.std(ddof=1) / np.sqrt(len(found)))


def _mean_residual(residuals: Floats) -> Floats:
    there = ~np.isnan(residuals)
    count = there.sum(axis=1)
    return np.where(count > 0, np.where(there, residuals, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


class Whole(Generic[R]):
    """Records of some events each, put as they come into one record of all: every array, and those in records inside.

    Parameters
    ----------
    events : int
        Events in all; each must be put once.
    """

    def __init__(self, events: int) -> None:
        self._events = events
        self._parts: dict[tuple[str, ...], list[tuple[Ints, Any]]] = {}
        self._arrays: dict[tuple[str, ...], np.ndarray[Any, Any]] = {}
        self._alike: dict[tuple[str, ...], list[tuple[Ints, np.ndarray[Any, Any]]]] = {}
        self._first: R | None = None
        self._lock = Lock()

    def put_all(self, parts: Iterable[tuple[Ints, R]]) -> None:
        """Take records, each of the events at some positions."""
        for rows, part in parts:
            self.put(rows, part)

    def put(self, rows: Ints, part: R) -> None:
        """Take the record of the events at these positions."""
        if self._first is None:
            self._first = part
        where = sliced(rows)
        for path, value in _leaves(part):
            if not isinstance(value, np.ndarray):
                self._parts.setdefault(path, []).append((rows, value))
            elif is_alike(value):
                self._alike.setdefault(path, []).append((rows, value))
            else:
                self._whole(path, value)[where] = value

    def _whole(self, path: tuple[str, ...], value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        with self._lock:
            if path not in self._arrays:
                self._arrays[path] = np.empty((self._events, *value.shape[1:]), dtype=value.dtype)
            return self._arrays[path]

    def record(self) -> R:
        """Return the record of all events; there must have been a part, if an empty one.

        A column of one value for all events takes the memory of one.
        """
        while self._alike:
            path, parts = self._alike.popitem()
            value = parts[0][1]
            if path not in self._arrays and all(each[0] == value[0] for _, each in parts):
                self._arrays[path] = np.broadcast_to(value[:1], self._events)
                continue
            for rows, each in parts:
                self._whole(path, each)[sliced(rows)] = each
        whole: R = self._made(self._first, ())
        return whole

    def _made(self, record: Any, path: tuple[str, ...]) -> Any:
        made = {}
        for each in fields(record):
            own = (*path, each.name)
            if own in self._arrays:
                made[each.name] = self._arrays[own]
            elif own in self._parts:
                parts = sorted(self._parts[own], key=_first_row)
                made[each.name] = parts[0][1].placed(parts, self._events)
            elif is_dataclass(value := getattr(record, each.name)):
                made[each.name] = self._made(value, own)
        return replace(record, **made)


def _leaves(record: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give the arrays of a record, and what knows itself how it is put together, by the names that lead to them."""
    for each in fields(record):
        value = getattr(record, each.name)
        if isinstance(value, np.ndarray) or hasattr(value, "placed"):
            yield (*path, each.name), value
        elif is_dataclass(value):
            yield from _leaves(value, (*path, each.name))


def _first_row(part: tuple[Ints, Any]) -> int:
    """Return where a part begins, so that the order of parts is one whichever thread was first; -1 for an empty one."""
    rows, _ = part
    return int(rows[0]) if len(rows) else -1

"""Samples made of arrays of returns, through the same steps as a study takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eventstudy.errors import Reason
from eventstudy.execution import Engine
from eventstudy.inference import HypothesisTest, Sample, TestResult
from eventstudy.returns.abnormal import AbnormalReturns, Sides
from eventstudy.returns.accumulators import Accumulator, Around, FirstPass, Places, Residuals
from eventstudy.returns.covariance import Covariance
from eventstudy.returns.estimates import Estimates
from eventstudy.returns.estimation import without_rounding
from eventstudy.returns.models import Block, ExpectedReturnModel, MarketModel
from eventstudy.returns.passes import Accumulated, Merger, Needs, finish, first_look, gathered, second_look
from eventstudy.returns.windows import Window, Windows

SESSIONS = np.arange(np.datetime64("2000-01-01"), np.datetime64("2030-01-01"))
ALL = "all"


@dataclass
class Made:
    """E events of which the returns are given, M estimation sessions and L event sessions."""

    windows: Windows
    y: np.ndarray
    x: np.ndarray
    day0: np.ndarray
    code: np.ndarray
    calendar: np.ndarray
    sessions: Mapping[str, np.ndarray]
    model: ExpectedReturnModel
    forecast_error: str
    weights: np.ndarray | None = None

    @property
    def split(self) -> int:
        return self.windows.estimation[1] - self.windows.estimation[0] + 1

    def block(self, rows: np.ndarray) -> Block:
        m = self.split
        y, x = self.y[rows], self.x[rows]
        return Block(y[:, :m], x[:, :m], y[:, m:], x[:, m:])

    def residuals(self, rows: np.ndarray) -> Residuals:
        block = self.block(rows)
        result = self.model.fit(block)
        abnormal = AbnormalReturns(
            windows=self.windows,
            ar=without_rounding(block.y_event - result.expected, result.sigma),
            covariance=Covariance.of(result.noise, result.spread),
            estimates=Estimates.of(self.model, result),
            source=Sides(block.y_event, result.expected, block.x_event[..., 0]),
            forecast_error=self.forecast_error,
        )
        around = Around(
            abnormal, block, self.model, self.code[rows], self.day0[rows], self.calendar[rows], self.sessions
        )
        start = self.day0[rows] + self.windows.estimation[0]
        return Residuals(rows, result.residuals, result.sigma, start, around)

    def accumulated(self, needs: Needs, blocks: Iterable[np.ndarray] | None = None) -> dict[type, Accumulator]:
        every = np.arange(len(self.y))
        parts = list(blocks) if blocks is not None else [every]
        members = np.ones(len(every), dtype=bool)
        whole = self.residuals(every).known.abnormal
        cars = {window.name: whole.car(window) for window in self.windows.reported}
        places = Places(self.windows, members, self.code, self.day0, self.calendar, self.sessions, weights=self.weights)
        return looked(needs, FirstPass(whole, cars, places), [self.residuals(rows) for rows in parts])

    def sample(self, window: str | tuple[int, int], needs: Needs = (), order: np.ndarray | None = None) -> Sample:
        every = np.arange(len(self.y))
        abnormal = self.residuals(every).known.abnormal
        dates = np.array(
            [self.sessions[c][d] for c, d in zip(self.calendar, self.day0, strict=True)], dtype="datetime64[D]"
        )
        names = np.array([f"e{i:03d}" for i in every], dtype=object)
        tested = self.windows.window(window) if isinstance(window, str) else Window("", *window)
        edges = [
            self.sessions[c][[d + tested.start, d + tested.end]] for c, d in zip(self.calendar, self.day0, strict=True)
        ]
        return Sample.of(
            abnormal,
            abnormal.car(tested if isinstance(window, str) else window),
            every if order is None else order,
            names,
            self.accumulated(needs),
            seed=3,
            day0=dates,
            span=np.array(edges, dtype="datetime64[D]").reshape(-1, 2),
        )

    def run(self, test: HypothesisTest, window: str) -> tuple[TestResult, ...]:
        return test.run(self.sample(window, test.needs))

    def one(self, test: HypothesisTest, window: str) -> TestResult:
        (result,) = self.run(test, window)
        return result


def looked(needs: Needs, first: FirstPass, blocks: Sequence[Residuals]) -> dict[type, Accumulator]:
    """Return what accumulators take from two looks at blocks of all events, as a study takes them."""
    places, groups = {ALL: first.places}, {ALL: first.places.members}
    empty = first_look(needs, places)
    found = merged(empty, [gathered(empty, [each], groups) for each in blocks])
    finish(found, Engine(), places)
    later = second_look(needs, {ALL: replace(first, accumulated=found[ALL])})
    again = merged(later, [gathered(later, [each], groups) for each in blocks])
    finish(again, Engine(), places)
    return {**found[ALL], **again[ALL]}


def merged(empty: Accumulated, parts: Sequence[Accumulated]) -> Accumulated:
    """Return the accumulators of all blocks, merged in their order."""
    merger = Merger(empty)
    for part in parts:
        merger.put(part)
    return merger.whole()


def made(
    y: np.ndarray,
    x: np.ndarray,
    *,
    estimation: int,
    before: int = 0,
    named: Mapping[str, tuple[int, int]] | None = None,
    day0: Sequence[int] | np.ndarray | None = None,
    code: Sequence[int] | np.ndarray | None = None,
    calendar: Sequence[str] | None = None,
    sessions: Mapping[str, np.ndarray] | None = None,
    model: ExpectedReturnModel | None = None,
    forecast_error: str = "full",
    min_coverage: float = 1.0,
) -> Made:
    """Return events whose first `estimation` columns are estimation sessions and whose others are event sessions.

    The event window begins `before` sessions before day 0, right after the estimation window. Events lie 1,000 sessions
    apart unless `day0` says where.
    """
    events, length = y.shape[0], y.shape[1] - estimation
    return Made(
        windows=Windows(
            estimation=(-before - estimation, -before - 1),
            event=(-before, length - before - 1),
            named=named or {"day0": (0, 0)},
            min_obs=1,
            min_coverage=min_coverage,
        ),
        y=y,
        x=x if x.ndim == 3 else x[..., None],
        day0=np.asarray(500 + 20 * np.arange(events) if day0 is None else day0, dtype=np.int64),
        code=np.asarray(np.arange(events) if code is None else code, dtype=np.int64),
        calendar=np.array(["XNYS"] * events if calendar is None else calendar, dtype=object),
        sessions=sessions or {"XNYS": SESSIONS},
        model=model or MarketModel("MKT"),
        forecast_error=forecast_error,
    )


def market(
    seed: int, events: int, sessions: int, *, correlation: float = 0.0, missing: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return returns (E, T) and the market's (E, T) of events that share all sessions where they are correlated."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(0, 0.01, sessions)
    x = np.tile(shared, (events, 1)) if correlation else rng.normal(0, 0.01, (events, sessions))
    common = rng.normal(0, 1, sessions)
    own = rng.normal(0, 1, (events, sessions))
    noise = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    y = 0.0003 + rng.uniform(0.5, 1.5, (events, 1)) * x + rng.uniform(0.01, 0.03, (events, 1)) * noise
    y[rng.random(y.shape) < missing] = np.nan
    return y, x


def good(result: TestResult) -> TestResult:
    """Return a result that must have a value."""
    assert result.reason == Reason.OK, result
    return result

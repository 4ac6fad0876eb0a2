"""Study: what to run, and the one place that runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from eventstudy._typing import Bools, Labels
from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.events import Events, Placed, Surprise, place, with_surprise
from eventstudy.execution import Engine
from eventstudy.inference import TESTS, HypothesisTest, Sample, TestResult
from eventstudy.panels import FactorPanel, PricePanel, ReturnPanel
from eventstudy.reactions import Reaction, measure_reactions
from eventstudy.result import ModelResult, StudyResult, Tested
from eventstudy.returns import (
    MODELS,
    Aligned,
    Benchmark,
    ExpectedReturnModel,
    Regressors,
    Windows,
    align,
    average_returns,
    measure,
    measure_abnormal_returns,
    on_price_venue,
)
from eventstudy.returns.accumulators import Accumulator

__all__ = ["Prepared", "Study"]

ALL = "all"

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Events and returns, aligned: everything before the first estimate.

    Parameters
    ----------
    events : Events
        The events given, on the venue of their prices, with surprises where the study asks for them.
    placed : Placed
        Their day 0 and phase.
    panel : ReturnPanel
        What is measured.
    aligned : Aligned
        The events kept, and the attrition of all.
    regressors : Regressors
        Benchmarks and factors.
    """

    events: Events
    placed: Placed
    panel: ReturnPanel
    aligned: Aligned
    regressors: Regressors


@dataclass(frozen=True, kw_only=True)
class Study:
    """What to run; a name stands for the default model or test of that name.

    Parameters
    ----------
    windows : Windows
        Estimation window, event window, reported windows.
    models : sequence of str or model, or mapping
        Expected-return models; a mapping gives them labels of your own.
    tests : sequence of str or test
        Hypothesis tests.
    benchmark : str or mapping, optional
        The benchmark of models that name none: a symbol of the prices, a factor, ``"equal_weighted"``, or one
        for each exchange code.
    returns : str
        ``"simple"`` or ``"log"``, for firm and benchmark alike.
    group_by : sequence of str
        Columns of the events; every statistic is given for each of their values and in total.
    surprise : Surprise, optional
        Which values of the events make ``surprise`` and ``surprise_sign``.
    focus : str, optional
        The event that the headline speaks of.
    forecast_error : str
        How much of the parameter error enters variances: ``"full"``, ``"diagonal"``, ``"none"``.
    reaction : bool
        Whether to measure each event's ladder of prices.
    premarket : bool
        Whether a quoted premarket move (the events' value ``premarket_quote``) is a rung of the ladder.
    name : str
        What the study is called.
    seed : int
        For whatever is drawn at random.
    engine : Engine
        How blocks of events are run.

    Raises
    ------
    InputError
        For a name that nothing answers to, or two models with one label.

    Examples
    --------
    >>> study = Study(models=["market", "market_adjusted"], benchmark="SPY", tests=["t", "bmp"])
    >>> list(study.labelled)
    ['market', 'market_adjusted']
    """

    windows: Windows = field(default_factory=Windows)
    models: Sequence[str | ExpectedReturnModel] | Mapping[str, str | ExpectedReturnModel] = ("market",)
    tests: Sequence[str | HypothesisTest] = ("t", "cross_sectional", "bmp")
    benchmark: Benchmark | None = None
    returns: str = "simple"
    group_by: Sequence[str] = ()
    surprise: Surprise | None = None
    focus: str | None = None
    forecast_error: str = "full"
    reaction: bool = True
    premarket: bool = True
    name: str = "study"
    seed: int = 0
    engine: Engine = field(default_factory=Engine)

    def __post_init__(self) -> None:
        if not self.models:
            raise InputError("A study needs at least one model.")
        if self.returns not in ("simple", "log"):
            raise UnknownNameError("kind of returns", self.returns, ["simple", "log"])
        _ = self.labelled, self.hypothesis_tests

    @property
    def labelled(self) -> dict[str, ExpectedReturnModel]:
        """The models by label, bound to the study's benchmark."""
        given = self.models if isinstance(self.models, Mapping) else dict(enumerate(self.models))
        labelled: dict[str, ExpectedReturnModel] = {}
        for key, named in given.items():
            model = MODELS.get(named)() if isinstance(named, str) else named
            label = key if isinstance(key, str) else model.label(self.benchmark)
            if label in labelled:
                raise InputError(f"Two models would be called {label!r}; give one of them a name of its own.")
            labelled[label] = model.bind(self.benchmark)
        return labelled

    @property
    def hypothesis_tests(self) -> tuple[HypothesisTest, ...]:
        """The tests as objects."""
        return tuple(TESTS.get(test)() if isinstance(test, str) else test for test in self.tests)

    def prepare(self, events: Events, prices: PricePanel, factors: FactorPanel | None = None) -> Prepared:
        """Place and align the events, without estimating anything.

        Raises
        ------
        InputError
            For a benchmark that the prices do not have, or a focus that is no event.
        """
        events = on_price_venue(events, prices.listing)
        if self.surprise is not None:
            events = with_surprise(events, self.surprise)
        if self.focus is not None:
            events.position(self.focus)
        panel = measure(prices, self.returns)
        regressors = Regressors(panel, factors)
        for model in self.labelled.values():
            for benchmark in model.regressors:
                regressors.check(benchmark)
        placed = place(events)
        return Prepared(events, placed, panel, align(events, placed, panel, self.windows), regressors)

    def run(
        self,
        events: Events,
        prices: PricePanel,
        factors: FactorPanel | None = None,
        *,
        progress: Progress | None = None,
    ) -> StudyResult:
        """Run the study.

        Parameters
        ----------
        events : Events
            Announcements.
        prices : PricePanel
            Prices of their symbols and of the benchmarks.
        factors : FactorPanel, optional
            Factors that a model names.
        progress : callable, optional
            Told what is being done and how far it is.

        Raises
        ------
        InputError
            If no event is left to study.
        """
        prepared = self.prepare(events, prices, factors)
        if not len(prepared.aligned):
            counts = prepared.aligned.attrition.counts()
            lost = ", ".join(f"{reason} {count}" for reason, count in counts.items()) or "none were given"
            raise InputError(f"No event is left to study: of {len(events)} given, all fell out ({lost}).")
        models, groups = self.estimate(prepared, progress)
        inputs = {"events": events.digest(), "prices": prices.digest()}
        if factors is not None:
            inputs["factors"] = factors.digest()
        return StudyResult(
            study=self,
            events=prepared.events,
            placed=prepared.placed,
            panel=prepared.panel,
            aligned=prepared.aligned,
            groups=groups,
            models=models,
            reactions=self.ladders(prepared, prices, models) if self.reaction else (),
            inputs=inputs,
        )

    def estimate(
        self, prepared: Prepared, progress: Progress | None = None
    ) -> tuple[dict[str, ModelResult], dict[str, Bools]]:
        """Estimate every model on the events kept, and test them.

        Returns
        -------
        models : dict of ModelResult
            By label.
        groups : dict of ndarray of shape (E,)
            Members of each group, in total first.
        """
        groups = self._groups(prepared)
        models = {
            label: self._run_model(label, model, prepared, groups, progress) for label, model in self.labelled.items()
        }
        return models, groups

    def ladders(
        self, prepared: Prepared, prices: PricePanel, models: Mapping[str, ModelResult]
    ) -> tuple[Reaction, ...]:
        """Return the ladder of every event with a day 0 in the prices, kept or not.

        Expected moves come from the first model that estimates a beta; an event without one has none.
        """
        benchmark, betas = self.benchmark, dict[str, float]()
        event_id = prepared.events.event_id[prepared.aligned.row]
        for result in models.values():
            estimates = result.abnormal.estimates
            if "beta" in estimates.names:
                benchmark = result.model.regressors[0]
                good = estimates.reason == Reason.OK
                betas = dict(zip(event_id[good], estimates.parameter("beta")[good].tolist(), strict=True))
                break
        if isinstance(benchmark, str) and benchmark not in prices.listing:
            # A factor or an average has returns, but no open, high or low.
            benchmark = None
        return measure_reactions(
            prepared.events,
            prepared.placed,
            prices,
            benchmark=benchmark,
            betas=betas,
            quote="premarket_quote" if self.premarket else None,
        )

    def _groups(self, prepared: Prepared) -> dict[str, Bools]:
        """Return the members of each group among the events kept, in total first."""
        groups = {ALL: np.ones(len(prepared.aligned), dtype=bool)}
        for column in self.group_by:
            labels: Labels = prepared.events.column(column)[prepared.aligned.row]
            for label in sorted({str(each) for each in labels}):
                groups[f"{column}={label}"] = np.asarray(labels == label)
        return groups

    def _run_model(
        self,
        label: str,
        model: ExpectedReturnModel,
        prepared: Prepared,
        groups: Mapping[str, Bools],
        progress: Progress | None,
    ) -> ModelResult:
        tests = self.hypothesis_tests
        abnormal, accumulated = measure_abnormal_returns(
            prepared.aligned,
            prepared.panel,
            model,
            prepared.regressors,
            needs=tuple(dict.fromkeys(need for test in tests for need in test.needs)),
            groups=groups,
            forecast_error=self.forecast_error,
            engine=self.engine,
            progress=None if progress is None else lambda done, total: progress(label, done, total),
        )
        cars = {window.name: abnormal.car(window) for window in self.windows.reported}
        result = ModelResult(
            model=model,
            abnormal=abnormal,
            cars=cars,
            averages={name: average_returns(abnormal, members) for name, members in groups.items()},
            tests=(),
        )
        event_id = prepared.events.event_id[prepared.aligned.row]
        return result.with_tests(_run_tests(tests, result, groups, event_id, accumulated))


def _run_tests(
    tests: Sequence[HypothesisTest],
    result: ModelResult,
    groups: Mapping[str, Bools],
    event_id: Labels,
    accumulated: Mapping[str, Mapping[type[Accumulator], Accumulator]],
) -> tuple[Tested, ...]:
    tested: list[Tested] = []
    for group, members in groups.items():
        for cars in result.cars.values():
            sample = Sample.of(result.abnormal, cars, np.flatnonzero(members), event_id, accumulated[group])
            for test in tests:
                outcomes: tuple[TestResult, ...] = test.run(sample)
                tested += [Tested(group, cars.window, outcome) for outcome in outcomes]
    return tuple(tested)

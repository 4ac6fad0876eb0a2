"""Study: what to run, and the one place that runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from eventstudy._typing import Bools
from eventstudy.bars import BarPanel
from eventstudy.errors import InputError, Reason, UnknownNameError
from eventstudy.events import (
    SCREENS,
    Alignment,
    Events,
    News,
    Screen,
    Surprise,
)
from eventstudy.execution import Engine
from eventstudy.inference import TESTS, HypothesisTest
from eventstudy.inference.adjust import ADJUSTMENTS
from eventstudy.inference.battery import run_tests, samples
from eventstudy.inference.diagnostics import CommonVariation, diagnose
from eventstudy.inference.presets import DEFAULT, Unsaid, preset, take_options, with_options
from eventstudy.inference.seeds import child_seed
from eventstudy.panels import FactorPanel, PricePanel
from eventstudy.prepare import Digested, Prepared, digests, prepare
from eventstudy.reactions import Clock, Leg, OrdinaryDays, Reactions, measure_reactions
from eventstudy.result import ModelResult, StudyResult
from eventstudy.returns import (
    AUTOCORRELATIONS,
    MEASURES,
    MISSING_RULES,
    MODELS,
    AbnormalReturns,
    AverageReturns,
    Benchmark,
    BuyAndHold,
    ExpectedReturnModel,
    Windows,
    average_returns,
    group_members,
    measure_abnormal_returns,
    warn_of_bias,
)
from eventstudy.returns.held import HeldReturns, thin_days

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Study"]

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


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
        The benchmark of models that name none (`Benchmark`).
    returns : str or Leg
        What is measured, for firm and benchmark alike: a key of `MEASURES`, such as ``"simple"`` or ``"volume"``, or a
        leg of the bars.
    missing, log_factors : str, bool
        What becomes of a session without a price (`measure`); whether factors are log returns (`check_models`).
    hold : BuyAndHold
        How buy-and-hold abnormal returns are taken, and what becomes of a firm that stops trading.
    group_by : sequence of str
        Columns of the events, ``"a*b"`` for two together; every statistic is given for each value and in total.
    balanced, diagnostics : bool
        Whether average CARs by day are of one set of events; whether estimates come with diagnostics of residuals.
    surprise : Surprise, optional
        Which values of the events make ``surprise`` and ``surprise_sign``.
    alignment : Alignment
        What to do with dates without a session, and with news just before the close.
    screens : sequence of str or screen
        Flags and drops before anything is estimated, in their order. Without it windows of one symbol that overlap and
        news near day 0 are flagged.
    weights : str, optional
        Which value of the events weighs them in portfolios by value: what was known before the window, such as a market
        value.
    focus : str, optional
        The event that the headline speaks of.
    forecast_error : str
        How much of the parameter error enters variances: ``"full"``, ``"diagonal"``, ``"none"``.
    autocorrelation : str
        ``"none"``: an event's disturbances are independent; ``"ar1"``: the variance of a CAR is
        ``s^2 sum_{j,k} rho^|j-k|`` and the parameter error, rho that of the estimation residuals.
    convention : str
        A preset of options such as ``"estudy2"``, for whatever is not given: what another program does.
    adjustment : str
        What adjusts the p-values of all windows and groups of one test: ``"holm"``, ``"benjamini_hochberg"``,
        ``"benjamini_yekutieli"``, ``"none"``.
    reaction : bool
        Whether to measure each event's ladder of prices.
    premarket : bool
        Whether a quoted premarket move (the events' value ``premarket_quote``) is a rung of the ladder.
    clock : Clock, optional
        At which times prices are read off the bars.
    ordinary : OrdinaryDays, optional
        What the moves of a ladder are compared with.
    name : str
        What the study is called.
    seed : int
        For whatever is drawn at random.
    engine : Engine
        How blocks of events are run.

    Raises
    ------
    InputError
        For a name that nothing answers to, two models with one label, a test that stands twice, or a negative seed.

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
    returns: str | Leg = "simple"
    missing: str = "drop"
    log_factors: bool = False
    hold: BuyAndHold = field(default_factory=BuyAndHold)
    group_by: Sequence[str] = ()
    balanced: bool = True
    diagnostics: bool = False
    surprise: Surprise | Sequence[Surprise] | None = None
    alignment: Alignment = field(default_factory=Alignment)
    screens: Sequence[str | Screen] = ("overlaps", "confounding_news")
    weights: str | None = None
    focus: str | None = None
    forecast_error: str = Unsaid("full")
    autocorrelation: str = "none"
    convention: str = DEFAULT
    adjustment: str = "holm"
    reaction: bool = True
    premarket: bool = True
    clock: Clock | None = None
    ordinary: OrdinaryDays | None = None
    name: str = "study"
    seed: int = 0
    engine: Engine = field(default_factory=Engine)

    def __post_init__(self) -> None:
        self._check_kinds()
        if not self.models:
            raise InputError("A study needs at least one model.")
        if not isinstance(self.returns, Leg) and self.returns not in MEASURES:
            raise UnknownNameError("measure of returns", self.returns, MEASURES)
        if self.missing not in MISSING_RULES:
            raise UnknownNameError("rule for missing returns", self.missing, MISSING_RULES)
        if self.autocorrelation not in AUTOCORRELATIONS:
            raise UnknownNameError("autocorrelation", self.autocorrelation, AUTOCORRELATIONS)
        if self.adjustment not in (*ADJUSTMENTS, "none"):
            raise UnknownNameError("adjustment", self.adjustment, (*ADJUSTMENTS, "none"))
        if self.seed < 0:
            raise InputError(f"seed is {self.seed}; a whole number of at least 0 was expected.")
        take_options(self, preset(self.convention).study)
        _ = self.labelled, self.applied_screens
        needs = [need for test in self.hypothesis_tests for need in test.needs]
        if self.weights is None and any(getattr(need, "by_value", False) for need in needs):
            raise InputError(
                "A test has a portfolio by value; name what the events weigh, as in weights: market_value."
            )

    def _check_kinds(self) -> None:
        """Raise `InputError` for a setting of another kind than a study can read."""
        if not isinstance(self.windows, Windows):
            raise InputError(f"windows is {self.windows!r}; Windows(estimation=..., event=...) was expected.")
        for key in ("models", "tests", "screens", "group_by"):
            given = getattr(self, key)
            if isinstance(given, str) or not isinstance(given, Sequence | Mapping):
                raise InputError(f"{key} is {given!r}; a list was expected, such as [{given!r}].")

    @property
    def labelled(self) -> dict[str, ExpectedReturnModel]:
        """The models by label, bound to the study's benchmark."""
        given = self.models if isinstance(self.models, Mapping) else dict(enumerate(self.models))
        labelled: dict[str, ExpectedReturnModel] = {}
        for key, named in given.items():
            model = MODELS.get(named)() if isinstance(named, str) else named
            model = with_options(model, preset(self.convention).models.get(model.kind, {}))
            label = key if isinstance(key, str) else model.label(self.benchmark)
            if label in labelled:
                raise InputError(f"Two models would be called {label!r}; give one of them a name of its own.")
            labelled[label] = model.bind(self.benchmark)
        return labelled

    @property
    def hypothesis_tests(self) -> tuple[HypothesisTest, ...]:
        """The tests as objects."""
        named = (TESTS.get(test)() if isinstance(test, str) else test for test in self.tests)
        tests = tuple(with_options(test, {"convention": self.convention}) for test in named)
        for place, test in enumerate(tests):
            # It would count twice where p-values are adjusted for their number.
            if test in tests[:place]:
                raise InputError(f"tests[{place}] is the same as tests[{tests.index(test)}]; take one of them out.")
        return tests

    @property
    def applied_screens(self) -> tuple[Screen, ...]:
        """The screens as objects."""
        return tuple(SCREENS.get(screen)() if isinstance(screen, str) else screen for screen in self.screens)

    def prepare(
        self,
        events: Events,
        prices: PricePanel,
        factors: FactorPanel | None = None,
        *,
        news: News | pd.DataFrame | None = None,
        shares: pd.DataFrame | None = None,
        bars: BarPanel | None = None,
    ) -> Prepared:
        """Place, screen and align the events, without estimating anything; the arguments are those of `run`.

        Raises
        ------
        InputError
            For a benchmark that the prices do not have, or a focus that is no event.
        """
        return prepare(self, events, prices, factors, news=news, shares=shares, bars=bars)

    def run(
        self,
        events: Events,
        prices: PricePanel,
        factors: FactorPanel | None = None,
        *,
        bars: BarPanel | None = None,
        news: News | pd.DataFrame | None = None,
        shares: pd.DataFrame | None = None,
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
        bars : BarPanel, optional
            Bars of the symbols and benchmarks, for the ladders (`measure_reactions`) and for a `Leg`.
        news : News or DataFrame, optional
            Other news of the symbols, ``date``, ``symbol`` and ``what``, for the screen ``confounding_news``.
        shares : DataFrame, optional
            Shares outstanding, ``date``, ``symbol`` and ``shares``, for the measure ``volume``.
        progress : callable, optional
            Told what is being done and how far it is.

        Raises
        ------
        InputError
            If no event is left to study.
        """
        if news is not None and not isinstance(news, News):
            news = News.from_frame(news)
        given: dict[str, Digested | None] = {"events": events, "prices": prices, "factors": factors}
        given |= {"news": news, "bars": bars}
        # Digests need nothing of what follows.
        with ThreadPoolExecutor(1) as aside:
            inputs = aside.submit(digests, given, self.engine)
            prepared = self.prepare(events, prices, factors, news=news, shares=shares, bars=bars)
            if not len(prepared.aligned):
                raise InputError(f"No event is left to study: {prepared.aligned.attrition.told()}")
            models, groups = self.estimate(prepared, progress)
            reactions = (
                self.ladders(prepared, prices, models, bars)
                if self.reaction
                else Reactions.none(prepared.events, prepared.placed, prices)
            )
            return StudyResult.of(self, prepared, models, groups, reactions, inputs.result())

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
        groups = group_members(prepared.events, prepared.aligned.row, self.group_by)
        models = {
            label: self._run_model(label, model, prepared, groups, progress) for label, model in self.labelled.items()
        }
        return models, groups

    def ladders(
        self,
        prepared: Prepared,
        prices: PricePanel,
        models: Mapping[str, ModelResult],
        bars: BarPanel | None = None,
    ) -> Reactions:
        """Return the ladder of every event with a day 0 in the prices, kept or not.

        Expected moves come from the first model that estimates a beta; an event without one has none.
        """
        benchmark, betas = self.benchmark, dict[str, float]()
        event_id = prepared.events.event_id[prepared.aligned.row]
        for result in models.values():
            estimates = result.abnormal.estimates
            if "beta" in estimates.names and self.returns in ("simple", "log"):
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
            ordinary=self.ordinary,
            bars=bars,
            clock=self.clock,
        )

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
            needs=tuple(dict.fromkeys([CommonVariation, *(need for test in tests for need in test.needs)])),
            groups=groups,
            forecast_error=self.forecast_error,
            autocorrelation=self.autocorrelation,
            hold=self.hold,
            weights=None if self.weights is None else prepared.events.value(self.weights)[prepared.aligned.row],
            diagnostics=self.diagnostics,
            engine=self.engine,
            progress=None if progress is None else lambda done, total: progress(label, done, total),
        )
        warn_of_bias(label, model, abnormal.estimates)
        held = HeldReturns(abnormal, self.windows.reported, self.engine)
        cars = {
            name: replace(each, held=partial(held.of, each.window)) for name, each in abnormal.cars(self.engine).items()
        }
        aligned, listing = prepared.aligned, prepared.panel.listing
        event_id, day0, spans = prepared.events.event_id[aligned.row], aligned.dates(listing), aligned.spans(listing)
        seed, days = child_seed(self.seed, label), len(self.windows.days)
        # Sums of averages are taken one after another, and nothing else waits for them.
        with ThreadPoolExecutor(1) as aside:
            averages = aside.submit(self._averages, abnormal, groups)
            drawn = list(samples(abnormal, cars, groups, event_id, day0, spans, accumulated, seed))
            thin = thin_days(abnormal, self.engine)
            return ModelResult(
                model=model,
                abnormal=abnormal,
                cars=cars,
                tests=run_tests(tests, drawn, self.engine),
                diagnostics={(group, each.window.name): diagnose(each, thin[each.row], days) for group, each in drawn},
                averages=averages.result(),
            )

    def _averages(self, abnormal: AbnormalReturns, groups: Mapping[str, Bools]) -> dict[str, AverageReturns]:
        return {name: average_returns(abnormal, each, balanced=self.balanced) for name, each in groups.items()}

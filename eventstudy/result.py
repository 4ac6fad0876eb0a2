"""StudyResult: what came out, one table a question."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from eventstudy import _comparisons, _event_tables, _tables
from eventstudy._typing import Bools, Labels
from eventstudy.errors import InputError, UnknownNameError
from eventstudy.events import Events, Flags, Placed
from eventstudy.events.quality import Quality, assess, headline_end
from eventstudy.events.timing import Phase
from eventstudy.findings import Finding, findings_frame
from eventstudy.inference import TESTS
from eventstudy.inference.battery import Battery, Tested
from eventstudy.inference.clusters import cluster_codes
from eventstudy.inference.diagnostics import Diagnostics
from eventstudy.panels import ReturnPanel
from eventstudy.reactions import Reaction, Reactions, reactions_frame
from eventstudy.reactions.path import paths_frame
from eventstudy.reports import Results
from eventstudy.reports.long_tables import Tables
from eventstudy.returns import ALL, AbnormalReturns, Aligned, AverageReturns, Cars, ExpectedReturnModel, paths

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.inference.adviser import Advice
    from eventstudy.inference.regression_result import CarRegression
    from eventstudy.plots import Plots
    from eventstudy.prepare import Prepared
    from eventstudy.study import Study

__all__ = ["ALL", "ModelResult", "StudyResult", "Tested"]


@dataclass(frozen=True, slots=True, eq=False)
class ModelResult:
    """All that one model gave.

    Parameters
    ----------
    model : ExpectedReturnModel
        Bound to its benchmark.
    abnormal : AbnormalReturns
        The events kept, in the engine's order.
    cars : mapping of str to Cars
        By reported window.
    averages : mapping of str to AverageReturns
        By group.
    tests : sequence of Tested
        By group, window and test, in the order asked for.
    diagnostics : mapping of (str, str) to Diagnostics
        What the sample of each group and window looks like.
    """

    model: ExpectedReturnModel
    abnormal: AbnormalReturns
    cars: Mapping[str, Cars]
    averages: Mapping[str, AverageReturns]
    tests: Battery
    diagnostics: Mapping[tuple[str, str], Diagnostics] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class StudyResult:
    """What a study found; it shows itself in a notebook.

    Parameters
    ----------
    study : Study
        What was asked for.
    events : Events
        The events given, prepared.
    placed : Placed
        Their day 0 and phase.
    panel : ReturnPanel
        What was measured.
    aligned : Aligned
        The events kept, and the attrition of all.
    flags : Flags
        What to know of the events given.
    groups : mapping of str to ndarray of shape (E,)
        Members of each group among the events kept.
    models : mapping of str to ModelResult
        By label.
    reactions : Reactions
        The ladder of every event with a day 0 in the prices, a sequence; each is made when it is asked for.
    findings : tuple of Finding
        What looks wrong in the prices.
    inputs : mapping of str to str
        SHA-256 of every input.
    """

    study: Study
    events: Events
    placed: Placed
    panel: ReturnPanel
    aligned: Aligned
    flags: Flags
    findings: tuple[Finding, ...]
    groups: Mapping[str, Bools]
    models: Mapping[str, ModelResult]
    reactions: Reactions
    inputs: Mapping[str, str]

    @classmethod
    def of(
        cls,
        study: Study,
        prepared: Prepared,
        models: Mapping[str, ModelResult],
        groups: Mapping[str, Bools],
        reactions: Reactions,
        inputs: Mapping[str, str],
    ) -> Self:
        """Return the result of a study from what it prepared and what it estimated."""
        return cls(
            study=study,
            events=prepared.events,
            placed=prepared.placed,
            panel=prepared.panel,
            aligned=prepared.aligned,
            flags=prepared.flags,
            findings=prepared.findings,
            groups=groups,
            models=models,
            reactions=reactions,
            inputs=inputs,
        )

    @property
    def event_table(self) -> pd.DataFrame:
        """One row an event given: day 0, phase, status, reason, flags."""
        return self._frames["events"]

    @cached_property
    def quality(self) -> Quality:
        """What became of the events given: lost, untimed, shifted, crowded on few dates."""
        return assess(self.event_table)

    @property
    def estimates(self) -> pd.DataFrame:
        """One row an event and model: parameters, sigma, degrees of freedom."""
        return self._frames["estimates"]

    @property
    def abnormal_returns(self) -> pd.DataFrame:
        """One row an event, model and day."""
        return self._frames["abnormal_returns"]

    @property
    def cars(self) -> pd.DataFrame:
        """One row an event, model and window."""
        return self._frames["cars"]

    @cached_property
    def aar(self) -> pd.DataFrame:
        """One row a model, group and day."""
        return _tables.averages(self.models)

    @cached_property
    def tests(self) -> pd.DataFrame:
        """One row a model, group, window and test; single-event tests have one row an event."""
        return _tables.tests(self.models, self.study.adjustment)

    @cached_property
    def reaction_table(self) -> pd.DataFrame:
        """One row an event and rung or leg of its ladder."""
        return reactions_frame(self.reactions, own_events=bool(self.reactions.has_bars.any()))

    @cached_property
    def path_table(self) -> pd.DataFrame:
        """One row a minute of the day with bars, of the focus and of the few events with the largest CARs."""
        from eventstudy.reports.sections import strongest

        barred = {each.event_id: each for each in map(self.reactions.__getitem__, self.reactions.barred)}
        shown = strongest(self.cars, list(barred), self.study.focus) if barred else []
        return paths_frame({event_id: path for event_id in shown if (path := barred[event_id].path) is not None})

    @property
    def dropped(self) -> pd.DataFrame:
        """The events that fell out, with the reason and the figures behind it."""
        table = self.event_table
        return table.loc[table["status"] == "dropped", ["event_id", "symbol", "date", "reason", "detail"]]

    def car(self, window: str | tuple[int, int], model: str | None = None) -> pd.DataFrame:
        """Return the CARs of any days inside the event window.

        Parameters
        ----------
        window : str or (int, int)
            A reported window by its name, or days such as ``(0, 1)``.
        model : str, optional
            A label; the first model without it.
        """
        label, chosen = self._chosen(model)
        asked = {label: replace(chosen, cars={str(window): chosen.abnormal.car(window)})}
        return _event_tables.cars(self._event_id, asked).frame()

    def _chosen(self, model: str | None) -> tuple[str, ModelResult]:
        label = model if model is not None else next(iter(self.models))
        if label not in self.models:
            raise UnknownNameError("model in the result", label, self.models)
        return label, self.models[label]

    def advise(self, window: str | None = None, group: str = ALL, model: str | None = None) -> Advice:
        """Return which test to believe of a group and window, and which to grey out."""
        from eventstudy.inference.adviser import advise, without_value

        _, chosen = self._chosen(model)
        which = self.study.windows.window(window).name if window else self.study.windows.reported[0].name
        if group not in self.groups:
            raise UnknownNameError("group", group, self.groups)
        ran = (
            each for of, days, results in chosen.tests.found if (of, days.name) == (group, which) for each in results
        )
        asked = self.study.hypothesis_tests
        return advise(chosen.diagnostics[group, which], TESTS.names(), without_value(ran), asked)

    @property
    def advice(self) -> Advice:
        """Which test to believe of all events, in the first window of the first model."""
        return self.advise()

    def regress(self, formula: str, **options: Any) -> CarRegression:
        """Regress CARs on columns of `event_table`; see `eventstudy.inference.regression.regress_cars` for options."""
        from eventstudy.inference.regression import regress_cars

        return regress_cars(self, formula, **options)

    def differences(self, column: str, *, method: str = "welch") -> pd.DataFrame:
        """Return the tests of all pairs of groups of a column, in the columns of `tests`.

        ``welch`` and ``rank_sum`` take events as independent; ``clustered`` allows for those that share a date.
        """
        labels, day0 = self._labels(column), self.aligned.dates(self.panel.listing)
        return _comparisons.differences(self.models, column, labels, day0, method, self.study.adjustment)

    def trend(self, column: str, *, order: Sequence[str] | None = None, method: str = "rank_trend") -> pd.DataFrame:
        """Return the tests of a trend along the groups of a column (``rank_trend``, ``jonckheere``), in their order."""
        return _comparisons.trends(self.models, column, self._labels(column), method, order, self.study.adjustment)

    def romano_wolf(self, *, draws: int = 9999, scheme: str = "pairs", cluster: str = "date") -> pd.DataFrame:
        """Return the mean CARs of all models, groups and windows, adjusted for each other on common draws.

        Drawn together are the events of one date, those of which any windows overlap (``cluster="block"``, from the
        first day of any reported window to the last), or none (``"none"``).
        """
        listing, named, seed = self.panel.listing, self._event_id, self.study.seed
        spans = np.stack(list(self.aligned.spans(listing).values()))
        span = np.column_stack([spans[..., 0].min(axis=0), spans[..., 1].max(axis=0)])
        codes = cluster_codes(cluster, named, self.aligned.dates(listing), span)
        return _comparisons.joint(self.models, self.groups, named, codes, draws=draws, seed=seed, scheme=scheme)

    def _labels(self, column: str) -> Labels:
        return self.events.column(column)[self.aligned.row]

    def averages(self, method: str = "mean", *, weights: str | None = None) -> pd.DataFrame:
        """Return averages of CARs or BHARs over events, one row a model, group and window.

        Parameters
        ----------
        method : str
            ``"mean"``, ``"inverse_variance"``, ``"inverse_sd"``, ``"weighted"``, ``"median"``, ``"trimmed"`` or
            ``"abhar"``; see `average_cars`.
        weights : str, optional
            For ``"weighted"``: a value of the events, known before the window, such as a market value; the study's
            own `weights` without it.
        """
        named = weights if weights is not None else self.study.weights
        given = None if named is None else self.events.value(named)[self.aligned.row]
        return _tables.averages_of_cars(self.models, self.groups, method, given)

    def reaction(self, event_id: str | None = None) -> Reaction:
        """Return the ladder of one event, the focus without a name."""
        wanted = event_id or self.study.focus
        if wanted is None:
            raise InputError("Which event? The study has no focus; name one, as in result.reaction('BABA-2024Q4').")
        found = self.reactions.named(wanted)
        if found is None:
            raise UnknownNameError("event with a ladder", wanted, self.reactions.event_id.tolist())
        return found

    @cached_property
    def headline(self) -> tuple[str, ...]:
        """What the study says, in sentences: of the focus event first, then of the mean."""
        from eventstudy.reports.words import abnormal_sentences, mean_sentences

        focus, said = self.study.focus, list[str]()
        if focus is not None:
            ladder = self.reactions.named(focus)
            said = [] if ladder is None else [*ladder.sentences]
            said[1:1] = abnormal_sentences(self._frames, focus)
        unknown = int(np.count_nonzero(self.placed.phase == Phase.UNKNOWN))
        return (*said, *mean_sentences(self._frames, headline_end(unknown, len(self.events))))

    @cached_property
    def results(self) -> Results:
        """The tables and the summary, as reports read them."""
        return Results(summary=self._summary(), tables=self._frames)

    @property
    def plot(self) -> Plots:
        """Figures of this result."""
        from eventstudy.plots import Plots

        return Plots(self)

    def save(self, folder: str | Path, run: Mapping[str, Any] | None = None) -> Path:
        """Write the output files of the study into a folder and return it."""
        return self.results.save(folder, run)

    @staticmethod
    def load(folder: str | Path) -> Results:
        """Return what `save` wrote into a folder: every table and the summary, to the last digit.

        The study itself, its prices and its models are not among the files; what reports need is.

        Raises
        ------
        InputError
            If a file is absent or not what it should be.
        """
        from eventstudy.reports.files import read_tables

        return read_tables(folder)

    def to_html(self, path: str | Path) -> Path:
        """Write the self-contained HTML report and return its path."""
        from eventstudy.reports.files import write_text
        from eventstudy.reports.html import page

        return write_text(Path(path), page(self.results))

    def summary(self) -> str:
        """Return the result as a block of text."""
        from eventstudy.reports.text import summary_text

        return summary_text(self.results)

    def __repr__(self) -> str:
        given = len(self.aligned.attrition.event_id)
        return f"StudyResult({self.study.name}: {len(self.aligned)} of {given} events, {', '.join(self.models)})"

    def _repr_html_(self) -> str:
        from eventstudy.reports.html import overview

        return overview(self.results)

    @cached_property
    def _event_id(self) -> np.typing.NDArray[np.object_]:
        return self.events.event_id[self.aligned.row]

    @cached_property
    def _frames(self) -> Tables:
        return Tables(
            {
                "events": _event_tables.events(self.events, self.placed, self.aligned.attrition, self.flags),
                "estimates": _event_tables.estimates(self._event_id, self.models),
                "abnormal_returns": _event_tables.abnormal_returns(
                    self._event_id, self.aligned, self.panel, self.models
                ),
                "cars": _event_tables.cars(self._event_id, self.models),
                "aar": lambda: self.aar,
                "tests": lambda: self.tests,
                "reactions": lambda: self.reaction_table,
                "findings": lambda: findings_frame(self.findings),
                "paths": lambda: self.path_table,
            }
        )

    def _summary(self) -> dict[str, Any]:
        counts = self.aligned.attrition.counts()
        return {
            "name": self.study.name,
            "headline": list(self.headline),
            "counts": {"given": len(self.events), "kept": len(self.aligned), "dropped": counts},
            "models": _tables.model_summaries(self._event_id, self.models, self.study.focus),
            "focus": self.study.focus,
            "provenance": self._provenance(),
        }

    def _provenance(self) -> dict[str, Any]:
        from importlib.metadata import version

        from eventstudy import __version__

        libraries = ("numpy", "pandas", "scipy", "pandas-market-calendars")
        versions = {"eventstudy": __version__, "python": platform.python_version()}
        return {
            "versions": versions | {name: version(name) for name in libraries},
            "inputs": dict(self.inputs),
            "seed": self.study.seed,
            "path": paths.choose(self.study.engine.path, len(self.aligned)),
            # Who ran the blocks changes no number, and stands in run.json.
            "study": {key: each for key, each in _tables.describe(self.study).items() if key != "engine"},
        }

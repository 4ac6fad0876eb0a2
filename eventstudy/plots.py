"""The figures of a study's result, as ``result.plot`` offers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from eventstudy.result import StudyResult

__all__ = ["Plots"]


class Plots:
    """Figures of a result, each a function of its tables."""

    def __init__(self, result: StudyResult) -> None:
        self._result = result

    def caar(self) -> Figure:
        """Draw cumulative average abnormal returns by model, with confidence bands."""
        from eventstudy.reports.figures import caar

        return caar(self._result.aar)

    def aar(self, model: str | None = None) -> Figure:
        """Draw the average abnormal return of each day, of the first model without a name."""
        from eventstudy.reports.study_figures import aar_bars

        return aar_bars(self._result.aar, model)

    def cars(self, window: str | tuple[int, int], model: str | None = None) -> Figure:
        """Draw the distribution of the CARs over a window, by its name or by its days such as ``(0, 1)``."""
        from eventstudy.reports.study_figures import car_distribution

        return car_distribution(self._result.car(window, model), str(window), model)

    def heat_map(self, model: str | None = None) -> Figure:
        """Draw every event's abnormal returns as colours."""
        from eventstudy.reports.study_figures import heat_map

        return heat_map(self._result.abnormal_returns, model)

    def calendar(self) -> Figure:
        """Draw how many events share each day 0."""
        from eventstudy.reports.study_figures import event_calendar

        return event_calendar(self._result.event_table)

    def specifications(self) -> Figure:
        """Draw the mean effect under every model, window and test."""
        from eventstudy.reports.specifications import specification_curve

        return specification_curve(self._result.tests)

    def against(self, value: str, window: str | tuple[int, int], model: str | None = None) -> Figure:
        """Draw CARs over a window, by its name or by its days, against a value of the events such as ``"surprise"``."""
        from eventstudy.reports.study_figures import surprise_scatter

        cars = self._result.car(window, model)
        return surprise_scatter(self._result.event_table, cars, str(window), value, model)

    def estimates(self, model: str | None = None) -> Figure:
        """Draw the spread of beta and sigma over the events."""
        from eventstudy.reports.study_figures import estimate_spread

        return estimate_spread(self._result.estimates, model)

    def ladder(self, event_id: str | None = None) -> Figure:
        """Draw the ladder of one event, the focus without a name."""
        return self._result.reaction(event_id).plot()

"""What a test sees, and what it says: `Sample` in, `TestResult` out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from eventstudy._typing import Floats, Ints, Labels
from eventstudy.distributions import Alternative, normal_p_value, student_p_value
from eventstudy.errors import Reason, UnknownNameError
from eventstudy.returns.abnormal import AbnormalReturns, Cars
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.windows import Window

__all__ = ["HypothesisTest", "Sample", "TestResult"]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One group of events and one window, as a test sees them.

    Only events with a CAR are in it: every array has shape (N,) or (N, L) and no missing value in `car`.

    Parameters
    ----------
    event_id : ndarray of shape (N,)
        Names of the events.
    row : ndarray of shape (N,)
        Their positions in the study's aligned events.
    window : Window
        The days tested.
    car : ndarray of shape (N,)
        Cumulative abnormal returns, decimals.
    std_error : ndarray of shape (N,)
        Their exact standard errors.
    dof : ndarray of shape (N,)
        Degrees of freedom of the estimation.
    bhar : ndarray of shape (N,)
        Buy-and-hold abnormal returns, NaN where a return is missing.
    ar : ndarray of shape (N, L)
        Abnormal returns on the window's days, NaN where missing.
    accumulated : mapping
        What the test declared it `needs`, for the whole group.
    """

    event_id: Labels
    row: Ints
    window: Window
    car: Floats
    std_error: Floats
    dof: Ints
    bhar: Floats
    ar: Floats
    accumulated: Mapping[type[Accumulator], Accumulator]

    @classmethod
    def of(
        cls,
        abnormal: AbnormalReturns,
        cars: Cars,
        members: Ints,
        event_id: Labels,
        accumulated: Mapping[type[Accumulator], Accumulator],
    ) -> Sample:
        """Return the sample of a group: its members that have a CAR in the window.

        Parameters
        ----------
        abnormal : AbnormalReturns
            E events.
        cars : Cars
            Their CARs over the window.
        members : ndarray
            Positions of the group's events.
        event_id : ndarray of shape (E,)
            Names of all E events.
        accumulated : mapping
            The group's accumulators.
        """
        row = members[cars.reason[members] == Reason.OK]
        days = cars.window.within(abnormal.windows.event[0])
        return cls(
            event_id=event_id[row],
            row=row,
            window=cars.window,
            car=cars.car[row],
            std_error=cars.std_error[row],
            dof=cars.dof[row],
            bhar=cars.bhar[row],
            ar=abnormal.ar[row][:, days],
            accumulated=accumulated,
        )

    def __len__(self) -> int:
        return len(self.car)

    @property
    def scar(self) -> Floats:
        """Standardised CARs ``car / sqrt(c' V c)``, shape (N,)."""
        return self.car / self.std_error


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """What a test found.

    Parameters
    ----------
    test : str
        Name of the test.
    null : str
        The null hypothesis as a sentence.
    measure : str
        What the estimate is: ``"car"``, ``"scar"``, ...
    n : int
        Events used.
    estimate, std_error : float
        What was estimated and its standard error, decimals; NaN where the test has none.
    statistic, p_value : float
        NaN where the test can't be computed.
    distribution : str
        Reference distribution of the statistic under the null, such as ``"t(19)"``.
    df : float
        Its degrees of freedom, NaN where it has none.
    alternative : str
        Which departures count.
    reason : Reason
        Why there is no statistic; ``ok`` where there is one.
    event_id : str
        The event, for a test of one event.
    """

    __test__: ClassVar[bool] = False  # pytest takes any class named Test... for one of its own.

    test: str
    null: str
    measure: str
    n: int
    estimate: float = float("nan")
    std_error: float = float("nan")
    statistic: float = float("nan")
    p_value: float = float("nan")
    distribution: str = ""
    df: float = float("nan")
    alternative: str = Alternative.TWO_SIDED
    reason: Reason = Reason.OK
    event_id: str = ""


@dataclass(frozen=True, kw_only=True)
class HypothesisTest(ABC):
    """The contract of a test.

    Attributes
    ----------
    kind : str
        Its name in configs and tables.
    null : str
        The null hypothesis as a sentence.
    source : str
        Where it comes from in the literature.
    measure : str
        What its estimate is: ``"car"`` (a return), ``"scar"`` (in standard errors), ``"positive_share"``.
    needs : tuple of accumulator classes
        What it reads of the estimation window.

    Parameters
    ----------
    alternative : str
        ``"two-sided"``, ``"greater"`` or ``"less"``.
    """

    kind: ClassVar[str]
    null: ClassVar[str]
    source: ClassVar[str]
    measure: ClassVar[str] = "car"
    needs: ClassVar[tuple[type[Accumulator], ...]] = ()

    alternative: str = Alternative.TWO_SIDED

    def __post_init__(self) -> None:
        if self.alternative not in tuple(Alternative):
            raise UnknownNameError("alternative", self.alternative, tuple(Alternative))

    @abstractmethod
    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test a sample; one result, or one for each event for a test of single events."""

    def invalid(self, sample: Sample, reason: Reason, *, estimate: float = float("nan")) -> tuple[TestResult]:
        """Return the result of a test that can't be computed, with the reason."""
        result = TestResult(
            test=self.kind,
            null=self.null,
            measure=self.measure,
            n=len(sample),
            estimate=estimate,
            alternative=self.alternative,
            reason=reason,
        )
        return (result,)

    def student(
        self, sample: Sample, statistic: float, df: float, *, estimate: float, std_error: float
    ) -> tuple[TestResult]:
        """Return the result of a statistic that is Student t under the null."""
        return (
            TestResult(
                test=self.kind,
                null=self.null,
                measure=self.measure,
                n=len(sample),
                estimate=estimate,
                std_error=std_error,
                statistic=statistic,
                p_value=float(student_p_value(statistic, df, self.alternative)),
                distribution=f"t({df:g})",
                df=df,
                alternative=self.alternative,
            ),
        )

    def normal(self, sample: Sample, statistic: float, *, estimate: float, std_error: float) -> tuple[TestResult]:
        """Return the result of a statistic that is standard normal under the null."""
        return (
            TestResult(
                test=self.kind,
                null=self.null,
                measure=self.measure,
                n=len(sample),
                estimate=estimate,
                std_error=std_error,
                statistic=statistic,
                p_value=float(normal_p_value(statistic, self.alternative)),
                distribution="N(0,1)",
                alternative=self.alternative,
            ),
        )


def dispersion(values: Floats) -> float:
    """Return the sample standard deviation, divisor n - 1; exactly 0 where all values are equal.

    Parameters
    ----------
    values : ndarray of shape (N,)
        At least two.
    """
    return 0.0 if np.ptp(values) == 0 else float(np.std(values, ddof=1))

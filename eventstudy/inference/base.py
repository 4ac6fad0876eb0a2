"""What a test sees, and what it says: `Sample` in, `TestResult` out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, ClassVar, TypeVar

import numpy as np

from eventstudy._typing import Dates, Floats, Ints, Labels
from eventstudy.distributions import Alternative, PValues, normal_p_values, student_p_values
from eventstudy.errors import Reason, UnknownNameError
from eventstudy.inference.presets import DEFAULT, Unsaid, preset, take_options
from eventstudy.returns.abnormal import AbnormalReturns, Cars
from eventstudy.returns.accumulators import Accumulator
from eventstudy.returns.windows import Window

__all__ = ["DEFAULT", "HypothesisTest", "Sample", "TestResult", "dispersion", "few"]

A = TypeVar("A", bound=np.ndarray[Any, Any])

# Values that differ by no more than this share of the largest differ by what summing them in another order makes.
ROUNDING = 1e-14
# METHODS 4.2.
FEW_EVENTS = 10
UNKNOWN = PValues()  # Of a test that can't be computed.


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
    held : ndarray of shape (N,) or callable
        Buy-and-hold abnormal returns, NaN where a return is missing, or what computes them.
    ar : ndarray of shape (N, L)
        Abnormal returns on the window's days, NaN where missing.
    accumulated : mapping
        What the test declared it `needs`, for the whole group.
    seed : int
        What the random draws of this model, group and window begin from.
    day0 : ndarray of shape (N,)
        Date of each event's day 0; empty where nobody told, and every event then stands for itself.
    span : ndarray of shape (N, 2), optional
        Dates of the first and the last session of each event's window.
    abnormal : AbnormalReturns, optional
        Where the sample comes from: all E events and the whole event window. A study always gives it.
    """

    event_id: Labels
    row: Ints
    window: Window
    car: Floats
    std_error: Floats
    dof: Ints
    held: Floats | Callable[[], Floats]
    ar: Floats
    accumulated: Mapping[type[Accumulator], Accumulator]
    seed: int = 0
    day0: Dates = field(default_factory=lambda: np.empty(0, dtype="datetime64[D]"))
    span: Dates | None = None
    abnormal: AbnormalReturns | None = None

    @classmethod
    def of(
        cls,
        abnormal: AbnormalReturns,
        cars: Cars,
        members: Ints,
        event_id: Labels,
        accumulated: Mapping[type[Accumulator], Accumulator],
        *,
        seed: int = 0,
        day0: Dates | None = None,
        span: Dates | None = None,
    ) -> Sample:
        """Return the sample of a group: its members that have a CAR in the window.

        Parameters
        ----------
        abnormal, cars : AbnormalReturns, Cars
            Of E events, over the event window and over the window tested.
        members : ndarray
            Positions of the group's events.
        event_id : ndarray of shape (E,)
            Names of all E events.
        accumulated : mapping
            The group's accumulators.
        seed, day0, span
            As in `Sample`; the dates are those of all E events.
        """
        abnormal = abnormal.narrowed(cars.window)
        row = members[~np.isnan(rows_of(cars.car, members))]
        days = cars.window.within(abnormal.windows.event[0])
        return cls(
            event_id=rows_of(event_id, row),
            row=row,
            window=cars.window,
            car=rows_of(cars.car, row),
            std_error=rows_of(cars.std_error, row),
            dof=rows_of(cars.dof, row),
            held=partial(_bhar, cars, row),
            ar=rows_of(abnormal.ar, row)[:, days],
            accumulated=accumulated,
            seed=seed,
            day0=np.empty(0, dtype="datetime64[D]") if day0 is None else day0[row],
            span=None if span is None else span[row],
            abnormal=abnormal,
        )

    def __len__(self) -> int:
        return len(self.car)

    @property
    def bhar(self) -> Floats:
        """Buy-and-hold abnormal returns, shape (N,), NaN where a return is missing."""
        return self.held() if callable(self.held) else self.held

    @property
    def scar(self) -> Floats:
        """Standardised CARs ``car / sqrt(c' V c)``, shape (N,)."""
        return self.car / self.std_error

    @property
    def whole(self) -> AbnormalReturns:
        """The abnormal returns that the sample comes from."""
        if self.abnormal is None:
            raise ValueError("This sample came without the abnormal returns that it is of.")
        return self.abnormal

    @property
    def days(self) -> slice:
        """The columns of the window in an array of the event window."""
        return self.window.within(self.whole.windows.event[0])

    def part(self, values: Floats) -> Floats:
        """Return the sample's rows and days of an array of shape (E, L, ...) over all events and days."""
        # Sums of small arrays depend on how these lie in memory, and an array that came from a process lies otherwise.
        return np.ascontiguousarray(rows_of(values, self.row)[:, self.days])

    @property
    def narrowed(self) -> bool:
        """Whether any event has fewer days than the window."""
        if self.abnormal is None or self.abnormal.own_windows is None:
            return False
        return not self.abnormal.inside(self.window)[self.row][:, self.days].all()

    def own(self) -> AbnormalReturns:
        """Return the abnormal returns of the sample's events, over the whole event window."""
        return self.whole.take(self.row)


def rows_of(values: A, rows: Ints) -> A:
    """Return some rows of an array; the array itself where they are all rows in order."""
    if len(rows) == len(values) and (rows == np.arange(len(rows))).all():
        return values
    some: A = values[rows]  # type: ignore[assignment]
    return some


def _bhar(cars: Cars, rows: Ints) -> Floats:
    return cars.bhar[rows]


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
    statistic : float
        NaN where the test can't be computed.
    p_two_sided, p_greater, p_less : float
        The p-value under every alternative. NaN where the test can't be computed, and the last two where the statistic
        has no direction, as F; `notes` say so.
    distribution : str
        Reference distribution of the statistic under the null, such as ``"t(19)"``.
    df : float
        Its degrees of freedom, NaN where it has none.
    df2 : float
        Those of the denominator of F, NaN for others.
    alternative : str
        Which departures count.
    reason : Reason
        Why there is no statistic; ``ok`` where there is one.
    event_id : str
        The event, for a test of one event.
    convention : str
        ``"default"``, the preset whose options were taken, or the options that were changed.
    notes : str
        What else to know: a correlation that entered, a warning about few events.

    Examples
    --------
    >>> TestResult(test="t", null="", measure="car", n=1, p_two_sided=0.04, p_greater=0.02, p_less=0.98).p_value
    0.04
    """

    __test__: ClassVar[bool] = False  # pytest takes any class named Test... for one of its own.

    test: str
    null: str
    measure: str
    n: int
    estimate: float = float("nan")
    std_error: float = float("nan")
    statistic: float = float("nan")
    p_two_sided: float = float("nan")
    p_greater: float = float("nan")
    p_less: float = float("nan")
    distribution: str = ""
    df: float = float("nan")
    df2: float = float("nan")
    alternative: str = Alternative.TWO_SIDED
    reason: Reason = Reason.OK
    event_id: str = ""
    convention: str = DEFAULT
    notes: str = ""

    @classmethod
    def of(cls, p: PValues, **found: Any) -> TestResult:
        """Return the result with these p-values; the rest as above."""
        two_sided, greater, less = map(float, p)
        return cls(p_two_sided=two_sided, p_greater=greater, p_less=less, **found)

    @property
    def p_value(self) -> float:
        """The p-value of the chosen alternative."""
        return float(PValues(self.p_two_sided, self.p_greater, self.p_less).of(self.alternative))


@dataclass(frozen=True, kw_only=True)
class HypothesisTest(ABC):
    """The contract of a test.

    Attributes
    ----------
    kind : str
        Its name in configs and tables.
    null : str
        The null hypothesis as a sentence, for the default options.
    source : str
        Where it comes from in the literature.
    measure : str
        What its estimate is: ``"car"`` (a return), ``"scar"`` (in standard errors), ``"positive_share"``.
    needs : tuple of accumulator classes
        What it reads of the estimation window.
    choices : mapping of str to tuple of str
        What each option that is a word may say.

    Parameters
    ----------
    alternative : str
        ``"two-sided"``, ``"greater"`` or ``"less"``.
    convention : str
        A preset whose options of this test to take, such as ``"estudy2"``; options given here go before it.
    """

    kind: ClassVar[str]
    null: ClassVar[str]
    source: ClassVar[str]
    measure: ClassVar[str] = "car"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    alternative: str = Alternative.TWO_SIDED
    convention: str = Unsaid(DEFAULT)

    def __post_init__(self) -> None:
        take_options(self, preset(self.convention).tests.get(self.kind, {}))
        for option, known in {"alternative": tuple(Alternative), **self.choices}.items():
            if getattr(self, option) not in known:
                raise UnknownNameError(option, str(getattr(self, option)), known)

    @property
    def needs(self) -> tuple[type[Accumulator], ...]:
        """What it reads of the estimation window: nothing."""
        return ()

    @property
    def hypothesis(self) -> str:
        """The null hypothesis as the options have it."""
        return self.null

    @property
    def label(self) -> str:
        """The convention, and the options that differ from it."""
        own = preset(self.convention).tests.get(self.kind, {})
        skipped = {"alternative", "convention", "draws"}
        changed = [
            f"{each.name}={getattr(self, each.name)}"
            for each in fields(self)
            if each.name not in skipped and getattr(self, each.name) != own.get(each.name, each.default)
        ]
        return ", ".join([*([self.convention] if self.convention != DEFAULT or not changed else []), *changed])

    @abstractmethod
    def run(self, sample: Sample) -> tuple[TestResult, ...]:
        """Test a sample; one result, or one for each event for a test of single events."""

    def invalid(
        self, sample: Sample, reason: Reason, *, estimate: float = float("nan"), notes: str = ""
    ) -> tuple[TestResult]:
        """Return the result of a test that can't be computed, with the reason."""
        return (self._result(n=len(sample), estimate=estimate, reason=reason, notes=notes),)

    def student(
        self,
        sample: Sample,
        statistic: float,
        df: float,
        *,
        estimate: float,
        std_error: float = float("nan"),
        n: int | None = None,
        notes: str = "",
    ) -> tuple[TestResult]:
        """Return the result of a statistic that is Student t under the null."""
        return (
            self._result(
                n=len(sample) if n is None else n,
                estimate=estimate,
                std_error=std_error,
                statistic=float(statistic),
                p=student_p_values(statistic, df),
                distribution=f"t({df:g})",
                df=float(df),
                notes=notes,
            ),
        )

    def normal(
        self,
        sample: Sample,
        statistic: float,
        *,
        estimate: float,
        std_error: float = float("nan"),
        n: int | None = None,
        notes: str = "",
    ) -> tuple[TestResult]:
        """Return the result of a statistic that is standard normal under the null."""
        return (
            self._result(
                n=len(sample) if n is None else n,
                estimate=estimate,
                std_error=std_error,
                statistic=float(statistic),
                p=normal_p_values(statistic),
                distribution="N(0,1)",
                notes=notes,
            ),
        )

    def _result(self, p: PValues = UNKNOWN, **found: Any) -> TestResult:
        # A test of single events finds its label once, not once an event.
        found["convention"] = found.get("convention") or self.label
        return TestResult.of(
            p, test=self.kind, null=self.hypothesis, measure=self.measure, alternative=self.alternative, **found
        )


def few(n: int, notes: str = "", *, fewest: int = FEW_EVENTS) -> str:
    """Return the notes of a test that relies on a dispersion or a limit over events, with a warning below ten of them.

    Examples
    --------
    >>> few(2, "rbar = 0"), few(1), few(10)
    ('rbar = 0; only 2 events', 'only 1 event', '')
    """
    said = f"only {n} event{'' if n == 1 else 's'}" if n < fewest else ""
    return "; ".join(each for each in (notes, said) if each)


def dispersion(values: Floats) -> float:
    """Return the sample standard deviation, divisor n - 1; exactly 0 where all values are equal but for rounding.

    Parameters
    ----------
    values : ndarray of shape (N,)
        At least two.

    Examples
    --------
    >>> dispersion(np.array([0.3, 0.1 + 0.2])), round(dispersion(np.array([1.0, 3.0])), 6)
    (0.0, 1.414214)
    """
    if np.ptp(values) <= ROUNDING * np.abs(values).max():
        return 0.0
    return float(np.std(values, ddof=1))

"""What a test is and what it says: `Sample` in, `TestResult` out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from itertools import repeat
from typing import Any, ClassVar, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from eventstudy._typing import Floats
from eventstudy.distributions import Alternative, PValues, normal_p_values, student_p_values
from eventstudy.errors import Reason, UnknownNameError
from eventstudy.execution import pieces
from eventstudy.inference.presets import DEFAULT, Unsaid, preset, take_options
from eventstudy.inference.sample import Sample
from eventstudy.returns.accumulators import Accumulator

__all__ = ["DEFAULT", "EventResults", "HypothesisTest", "Sample", "TestResult", "column", "dispersion", "few"]

T = TypeVar("T", bound=np.generic)

# Pieces of values that are summed at once.
AT_ONCE = 8
# Values that differ by no more than this share of the largest differ by what summing them in another order makes.
ROUNDING = 1e-14
# METHODS 4.2.
FEW_EVENTS = 10
UNKNOWN = PValues()  # Of a test that can't be computed.


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

    @classmethod
    def each(cls, n: int, shared: Mapping[str, Any], own: Mapping[str, Sequence[Any]]) -> tuple[TestResult, ...]:
        """Return many results, filled field by field, in half the time that one by one takes: every event has its own.

        Parameters
        ----------
        n : int
            How many.
        shared : mapping of str to object
            Fields that all of them have in common; what is in neither mapping has its default.
        own : mapping of str to sequence of length n
            Fields with a value for each.
        """
        defaults = {each.name: each.default for each in fields(cls)}
        wrong = {*shared, *own}.difference(defaults)
        wrong |= {name for name, value in defaults.items() if value is MISSING}.difference(shared, own)
        if wrong:
            raise TypeError(f"{cls.__name__}.each: unknown, or required and missing: {', '.join(sorted(wrong))}.")
        common = {**defaults, **shared}
        made = tuple(cls.__new__(cls) for _ in range(n))
        for name, value in common.items():
            fill = getattr(cls, name).__set__
            for result, filled in zip(made, own.get(name) or repeat(value, n), strict=True):
                fill(result, filled)
        return made

    @property
    def p_value(self) -> float:
        """The p-value of the chosen alternative."""
        return float(PValues(self.p_two_sided, self.p_greater, self.p_less).of(self.alternative))


@dataclass(frozen=True, slots=True, eq=False)
class EventResults(Sequence[TestResult]):
    """What a test found of each of many events by itself, as columns; a result is made where it is asked for.

    Parameters
    ----------
    n : int
        How many.
    shared : mapping of str to object
        Fields that all of them have in common.
    own : mapping of str to sequence of length n
        Fields with a value for each.
    """

    n: int
    shared: Mapping[str, Any]
    own: Mapping[str, Sequence[Any]]

    def column(self, name: str) -> Sequence[Any]:
        """Return one field of all of them."""
        if name in self.own:
            return self.own[name]
        defaults = {each.name: each.default for each in fields(TestResult)}
        return [self.shared.get(name, defaults[name])] * self.n

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[TestResult]:
        return iter(TestResult.each(self.n, self.shared, self.own))

    @overload
    def __getitem__(self, place: int) -> TestResult: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[TestResult]: ...
    def __getitem__(self, place: int | slice) -> TestResult | Sequence[TestResult]:
        if isinstance(place, slice):
            return tuple(self)[place]
        return TestResult(**self.shared, **{name: column[place] for name, column in self.own.items()})


def column(results: Sequence[TestResult], name: str) -> Sequence[Any]:
    """Return one field of all results."""
    return results.column(name) if isinstance(results, EventResults) else [getattr(each, name) for each in results]


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
    def run(self, sample: Sample) -> Sequence[TestResult]:
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
        return TestResult.of(p, **self._shared, **found)

    def _each(self, sample: Sample, p: PValues, **found: Floats | Sequence[Any]) -> EventResults:
        """Return a result for each event of a sample by itself, from arrays and lists with one value an event."""
        found |= {"estimate": sample.car, "event_id": list(map(str, sample.event_id))}
        found |= {f"p_{tail}": np.asarray(values) for tail, values in p._asdict().items()}
        own = {name: each.tolist() if isinstance(each, np.ndarray) else each for name, each in found.items()}
        return EventResults(len(sample), {"n": 1, **self._shared}, own)

    @property
    def _shared(self) -> dict[str, Any]:
        """What every result of this test says."""
        return {
            "test": self.kind,
            "null": self.hypothesis,
            "measure": self.measure,
            "alternative": self.alternative,
            "convention": self.label,
        }


def few(n: int, notes: str = "", *, fewest: int = FEW_EVENTS) -> str:
    """Return the notes of a test that relies on a dispersion or a limit over events, with a warning below ten of them.

    Examples
    --------
    >>> few(2, "rbar = 0"), few(1), few(10)
    ('rbar = 0; only 2 events', 'only 1 event', '')
    """
    said = f"only {n} event{'' if n == 1 else 's'}" if n < fewest else ""
    return "; ".join(each for each in (notes, said) if each)


def given(values: Floats) -> Floats:
    """Return the values that are not missing; the array itself where none is.

    Examples
    --------
    >>> given(np.array([0.1, np.nan, 0.2])).tolist()
    [0.1, 0.2]
    """
    missing = np.isnan(values)
    return values[~missing] if missing.any() else values


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
    low, high = values.min(), values.max()
    if high - low <= ROUNDING * max(-low, high):
        return 0.0
    mean = np.mean(values)
    return float(np.sqrt(summed(lambda piece: np.square(piece - mean), values) / max(len(values) - 1, 1)))


def summed(function: Callable[[NDArray[T]], Floats], values: NDArray[T]) -> float:
    """Return the sum of what a function makes of values of shape (N,).

    It is shown a piece of many at a time, which the cache holds, and few in one.

    Examples
    --------
    >>> summed(np.square, np.array([1.0, 2.0, 3.0]))
    14.0
    """
    return sum(float(function(values[rows]).sum()) for rows in pieces(len(values), AT_ONCE))

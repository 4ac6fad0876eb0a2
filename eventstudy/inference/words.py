"""What the options that are words may say."""

from __future__ import annotations

from eventstudy.distributions import Alternative
from eventstudy.inference.base import HypothesisTest
from eventstudy.inference.presets import DEFAULT, PRESETS

__all__ = ["COMMON", "words_of"]

COMMON: dict[str, tuple[str, ...]] = {"alternative": tuple(map(str, Alternative)), "convention": (DEFAULT, *PRESETS)}
"""Options of every test."""


def words_of(member: type) -> dict[str, tuple[str, ...]]:
    """Return the options of a test or model that are words, each with what it may say.

    Parameters
    ----------
    member : type
        A class with `choices`; one without has none but those that are `COMMON` to tests.

    Examples
    --------
    >>> from eventstudy.inference import CalendarTime
    >>> words_of(CalendarTime)["weights"]
    ('firms', 'equal')
    """
    common = COMMON if issubclass(member, HypothesisTest) else {}
    return {**common, **getattr(member, "choices", {})}

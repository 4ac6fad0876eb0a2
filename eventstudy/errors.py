"""What can go wrong, said for people: the errors of the package and the closed lists of reasons and flags.

An error says what was wrong, where, and what would be right. A reason stands in a table in the place of
a number that could not be computed or beside an event that fell out; a flag stands beside an event that is
kept and is yet to be looked at with care. Both are values, never exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Self

__all__ = [
    "BiasWarning",
    "ConfigError",
    "DataError",
    "EventStudyError",
    "Flag",
    "InputError",
    "NetworkError",
    "OfflineError",
    "OutputError",
    "ParseError",
    "RateLimitedError",
    "Reason",
    "SourceError",
    "UnknownNameError",
    "UnknownSymbolError",
    "nearest",
    "nearest_zone",
]


class EventStudyError(Exception):
    """Any error that this package raises on purpose."""


class InputError(EventStudyError, ValueError):
    """Something given to the package was wrong: a config, an argument, a file."""


class ConfigError(InputError):
    """A configuration file says something that can't be run."""


class DataError(InputError):
    """A table of prices, events or factors breaks a rule; the message names the row and the field."""


class UnknownNameError(InputError):
    """A name that nothing answers to.

    Parameters
    ----------
    kind : str
        What was looked for, such as ``"model"``.
    name : str
        The name given.
    known : iterable of str
        The names that exist.
    also : mapping of str to str, optional
        What else people call some of them; see `nearest`.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], also: Mapping[str, str] | None = None) -> None:
        self.kind, self.name, self.known, self.also = kind, name, tuple(known), also
        hint = f" {nearest(name, self.known, also=also)}" if self.known else ""
        super().__init__(f"There is no {kind} named {name!r}.{hint}")

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, tuple[str, ...], Mapping[str, str] | None]]:
        return type(self), (self.kind, self.name, self.known, self.also)


class SourceError(InputError):
    """A provider could not bring what was asked for; the data itself may be there."""


class RateLimitedError(SourceError):
    """A provider refused to answer so many requests; later it will."""


class NetworkError(SourceError):
    """A provider could not be reached, or failed on its side again and again."""


class ParseError(SourceError):
    """A reply is not what it should be: a web page where JSON was expected, a text cut short."""


class OfflineError(SourceError):
    """Offline, a reply was asked for that the cache does not have."""


class UnknownSymbolError(UnknownNameError, SourceError):
    """A provider answered that it knows no such symbol; why, it did not say."""


class BiasWarning(UserWarning):
    """Estimation residuals have a mean that tests will take for an effect."""


class OutputError(EventStudyError, OSError):
    """A result could not be written."""


def nearest(name: str, known: Iterable[str], *, most: int = 12, also: Mapping[str, str] | None = None) -> str:
    """Return a hint: the known name nearest to `name`, or the names there are.

    Parameters
    ----------
    name : str
        The word that was not understood.
    known : iterable of str
        The words that would have been.
    most : int
        How many to list when none is near.
    also : mapping of str to str, optional
        What else people call some of the known words, in small letters and nothing but letters, and the known word.

    Examples
    --------
    >>> nearest("markt", ["market", "raw"])
    "Did you mean 'market'?"
    >>> nearest("xyz", ["market", "raw"])
    'Known: market, raw.'
    """
    names = sorted({str(each) for each in known})
    word = name.lower()
    if meant := (also or {}).get("".join(filter(str.isalpha, word))):
        return f"Did you mean {meant!r}?"
    # Letters in another order are the commonest slip, and difflib thinks little of it.
    alike = get_close_matches(word, [each.lower() for each in names], n=1)
    close = [each for each in names if sorted(each.lower()) == sorted(word)]
    close += [each for each in names if each.lower() in alike]
    if close:
        return f"Did you mean {close[0]!r}?"
    listed = ", ".join(names[:most]) + (f", ... ({len(names)} in all)" if len(names) > most else "")
    return f"Known: {listed}." if names else "None are known."


def nearest_zone(name: str, known: Iterable[str]) -> str:
    """Return a hint: the time zone that is called so, or called so but for its continent, or what one looks like.

    Examples
    --------
    >>> nearest_zone("New York", ["America/New_York", "WET"]), nearest_zone("ET", ["America/New_York", "WET"])
    ("Did you mean 'America/New_York'?", 'A zone is written as America/New_York, Europe/London or Asia/Hong_Kong.')
    """
    zones = sorted(known)
    cities = {zone.rpartition("/")[2].lower(): zone for zone in reversed(zones)}
    word = name.strip().lower().replace(" ", "_")
    if word in cities:
        return f"Did you mean {cities[word]!r}?"
    hint = nearest(name, [zone for zone in zones if "/" in zone])
    like = "A zone is written as America/New_York, Europe/London or Asia/Hong_Kong."
    return hint if hint.startswith("Did you mean") else like


class _Coded(StrEnum):
    """A closed list whose members are their codes, each with a sentence."""

    sentence: str

    def __new__(cls, code: str, sentence: str = "") -> Self:
        """Make a member that is its code; calling the list with a code finds it again."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.sentence = sentence
        return member


class Reason(_Coded):
    """The closed list of reasons; each is its code, and carries a sentence.

    Examples
    --------
    >>> Reason.NO_RETURNS
    <Reason.NO_RETURNS: 'no_returns'>
    >>> Reason("no_returns").sentence
    'The symbol has no return in the event window.'
    """

    OK = "ok", "Nothing is missing."
    UNKNOWN_SYMBOL = "unknown_symbol", "The prices hold no such symbol."
    NOT_A_SESSION = "not_a_session", "The exchange was closed on the date of the announcement."
    OVERLAPS_OWN_EVENT = (
        "overlaps_own_event",
        "The event window overlaps that of another event of the symbol, which was kept in its place.",
    )
    MERGED = "merged", "The event was merged with an earlier one of the symbol whose event window it overlaps."
    CONFOUNDED = "confounded", "Other news of the symbol fell near day 0."
    PRICE_TOO_LOW = "price_too_low", "The price before day 0 lay below the floor."
    VOLUME_TOO_LOW = "volume_too_low", "The volume before day 0 lay below the floor."
    TOO_SHORT_HISTORY = "too_short_history", "The symbol has too few returns before day 0."
    DUPLICATE_QUARTER = (
        "duplicate_quarter",
        "Another event of the symbol, confirmed or earlier, speaks of the same fiscal quarter.",
    )
    CALL_OR_MEETING = "call_or_meeting", "A call, meeting or the like, not the release of results itself."
    NO_RETURNS = "no_returns", "The symbol has no return in the event window."
    DATE_BEFORE_CALENDAR = (
        "date_before_calendar",
        "The announcement lies before the first session that the exchange's calendar knows.",
    )
    DATE_AFTER_CALENDAR = "date_after_calendar", "Day 0 lies after the last session of the prices."
    WINDOW_OUTSIDE_CALENDAR = "window_outside_calendar", "The event window passes the edge of the prices."
    TOO_FEW_ESTIMATION_DAYS = (
        "too_few_estimation_days",
        "The estimation window holds fewer returns, or fewer complete rows, than min_obs or the model asks for.",
    )
    NO_DONORS = "no_donors", "No other symbol is complete in both windows and without an event of its own there."
    NEEDS_DONORS = "needs_donors", "The test needs a model that makes a counterfactual of donors."
    TOO_FEW_DONORS = (
        "too_few_donors",
        "There are too few donors to rank the event among: with J of them no p-value lies below 1 / (J + 1).",
    )
    NO_PORTFOLIO = "no_portfolio", "The model is made of donors of each event, and a portfolio of the events has none."
    INCOMPLETE_WINDOW = "incomplete_window", "A return is missing inside the window."
    DEGENERATE_ESTIMATION = (
        "degenerate_estimation",
        "The estimation window determines no model: no variation, or regressors that coincide.",
    )
    NO_EVENTS = "no_events", "There is no event to test."
    NEEDS_TWO_EVENTS = "needs_two_events", "The test needs at least two events."
    TOO_FEW_CLUSTERS = "too_few_clusters", "There are fewer than ten dates, blocks or events to draw from."
    NEEDS_TWO_DATES = "needs_two_dates", "All events share one date, and the test draws dates."
    NEEDS_TWO_BLOCKS = "needs_two_blocks", "The windows of all events overlap in one block, and the test draws blocks."
    TOO_FEW_PLACEBO_DAYS = (
        "too_few_placebo_days",
        "The estimation window holds too few windows of this length for a p-value; the percentile stands alone.",
    )
    NEEDS_THREE_EVENTS = "needs_three_events", "The test needs at least three events."
    TOO_FEW_EVENTS = "too_few_events", "The test needs more events than the window has days."
    TOO_FEW_DATES = "too_few_dates", "The events fall on too few dates for a variance between dates."
    TOO_FEW_BLOCKS = (
        "too_few_blocks",
        "The windows of the events overlap in too few blocks for a variance between blocks.",
    )
    SEVERAL_DATES = "several_dates", "The test needs all events to share day 0."
    TOO_FEW_SESSIONS = "too_few_sessions", "There are too few sessions for a variance over sessions."
    TOO_CORRELATED = "too_correlated", "The mean correlation leaves no variance: it is 1, or below -1 / (N - 1)."
    WINDOW_TOO_LONG = "window_too_long", "The window holds all the days that are ranked."
    OWN_WINDOWS = (
        "own_windows",
        "Events have days of their own in this window, and the test is of days that all events share.",
    )
    SINGULAR = "singular", "The covariance matrix of the abnormal returns can't be inverted."
    ALL_ZERO = "all_zero", "Every value is zero, so there is nothing to rank."
    NO_DISPERSION = "no_dispersion", "All values are equal, so there is no standard error."
    NO_VARIANCE = "no_variance", "The residual variance is zero or has no degrees of freedom."
    NO_LEVERAGE = "no_leverage", "No leverage: the model is no linear regression, or its regressors do not vary apart."
    NO_BENCHMARK_PRICE = "no_benchmark_price", "The benchmark has no price for this leg."
    NO_BETA = "no_beta", "There is no estimated beta for this event."
    NO_HISTORY = "no_history", "There are too few ordinary days to compare with."
    NO_PRICE = "no_price", "There is no price for this rung."
    NO_PRINT = "no_print", "Nothing traded in this part of the day; the price before it stands."
    NOT_YET = "not_yet", "The session lies after the last session of the prices."
    GAP_STANDING = (
        "gap_standing",
        "A quoted move has no history of its own; the standing beside it is the gap's.",
    )


class Flag(_Coded):
    """The closed list of what to know of an event that is kept all the same; an event may bear several.

    Examples
    --------
    >>> Flag("timing_unknown").sentence
    'Only the date of the announcement is known; day 0 is that date, and may be a session early.'
    """

    TIMING_UNKNOWN = (
        "timing_unknown",
        "Only the date of the announcement is known; day 0 is that date, and may be a session early.",
    )
    PLACEHOLDER_TIME = (
        "placeholder_time",
        "The source gives an hour that it also puts where it knows none; the time was taken as unknown.",
    )
    CLOSE_WITHIN_HOUR = (
        "close_within_hour",
        "The time is known to the hour, and the close lies within that hour; day 0 may be a session early.",
    )
    TAG_DISAGREES = "tag_disagrees", "The tag says another part of the day than the time; the time was used."
    DATE_DISAGREES = (
        "date_disagrees",
        "The stated date is not the one that the exchange's clocks show at the announcement; the time was used.",
    )
    LUNCH_BREAK = "lunch_break", "The announcement fell in the exchange's lunch break; the afternoon could react."
    MOVED_TO_NEXT_SESSION = (
        "moved_to_next_session",
        "The exchange was closed on the date of the announcement; day 0 is the next session.",
    )
    MOVED_TO_PREVIOUS_SESSION = (
        "moved_to_previous_session",
        "The exchange was closed on the date of the announcement; day 0 is the session before, as was asked for.",
    )
    LATE_CUTOFF = (
        "late_cutoff",
        "The announcement came within late_cutoff of the close; day 0 is the next session.",
    )
    ESTIMATED_DATE = "estimated_date", "The date is a vendor's estimate, not one that the company confirmed."
    SOURCES_DISAGREE = (
        "sources_disagree",
        "Sources give different times for the announcement; the earliest public one was used.",
    )
    PLACED_FROM_OTHER_EXCHANGE = (
        "placed_from_other_exchange",
        "Date and tag are those of another exchange than the prices'; they were read on that one's clocks.",
    )
    OVERLAPS_OWN_EVENT = (
        "overlaps_own_event",
        "The event window overlaps that of another event of the symbol.",
    )
    MERGED = "merged", "Later events of the symbol whose event windows overlap were merged into this one."
    CONFOUNDING_NEWS = "confounding_news", "Other news of the symbol fell near day 0."
    PRICE_TOO_LOW = "price_too_low", "The price before day 0 lay below the floor."
    VOLUME_TOO_LOW = "volume_too_low", "The volume before day 0 lay below the floor."
    LIQUIDITY_UNKNOWN = (
        "liquidity_unknown",
        "A floor could not be checked: there is no unadjusted price, or no volume, before day 0.",
    )
    TOO_SHORT_HISTORY = "too_short_history", "The symbol has too few returns before day 0."
    DUPLICATE_QUARTER = (
        "duplicate_quarter",
        "Another event of the symbol, confirmed or earlier, speaks of the same fiscal quarter.",
    )
    CALL_OR_MEETING = "call_or_meeting", "It looks like a call or meeting, not the release of results itself."
    MASKED_ESTIMATION = (
        "masked_estimation",
        "Sessions around known events of the symbol were left out of the estimation window.",
    )

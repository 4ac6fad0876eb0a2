"""Sentences from the numbers, by rules that a reader can check; never more than a test carries.

The rules
---------
1. Abnormal: the abnormal return on day 0 with t and p, model by model, and how many p-values are below 5%.
2. The mean: CAAR over the shortest window that holds day 0, first model, with its 95% interval. Where the timing of
   more than 5% of the events is unknown, over the shortest that holds days 0 and +1. Below `FEW` events the sentence
   says that so few cannot show a mean effect, whatever the test says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from eventstudy.events.quality import MOST_UNKNOWN, assess
from eventstudy.reports.contract import is_missing
from eventstudy.reports.display import clean, count, days, interval, p_value, percent, reason, t_value
from eventstudy.reports.effects import Effect, event_effects, event_rows, mean_effects

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["abnormal_sentences", "mean_sentences"]

FEW = 10
LEVEL = 0.05


def abnormal_sentences(tables: Mapping[str, pd.DataFrame], focus: str) -> list[str]:
    """Return what the single-event test says of an event's day 0, or why it says nothing.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The result frames of the output contract.
    focus : str
        The event.
    """
    effects = [each for each in event_effects(tables, focus) if each.start == each.end == 0]
    known = [each for each in effects if not is_missing(each.value)]
    if not known:
        rows = event_rows(tables["events"], focus)
        why = reason(rows["reason"].iloc[0], rows["detail"].iloc[0]) if len(rows) else ""
        return [f"No abnormal return can be given for it: {why}."] if why else []
    figures = [f"{percent(each.value)} ({_evidence(each)}) under {clean(each.model)}" for each in known]
    return [f"Abnormal return on day 0: {_listed(figures)}; {_verdict(known)}."]


def _evidence(effect: Effect) -> str:
    if is_missing(effect.statistic):
        return "no standard error"
    return f"t = {t_value(effect.statistic)}, p {_equals(effect.p_value)}"


def _verdict(effects: Sequence[Effect]) -> str:
    tested = [each for each in effects if not is_missing(each.p_value)]
    if not tested:
        return "none of them can be tested"
    beyond = sum(each.p_value < LEVEL for each in tested)
    ordinary = "what ordinary days of the stock show (single-event t test, 5% level)"
    if beyond == 0:
        return f"within {ordinary}, so no reaction is shown"
    if beyond == len(effects):
        models = "" if beyond == 1 else f" under all {beyond} models"
        return f"beyond {ordinary}{models}"
    return f"beyond {ordinary} under {beyond} of {len(effects)} models"


def mean_sentences(tables: Mapping[str, pd.DataFrame], last: int | None = None) -> list[str]:
    """Return what the mean over all events shows, and what it can't.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The result frames of the output contract.
    last : int, optional
        Last day of the headline window, where it is known without a look at the events; see `headline_end`.
    """
    last = assess(tables["events"]).headline_end if last is None else last
    holding = [each for each in mean_effects(tables) if each.start <= 0 and each.end >= last]
    holding = [each for each in holding if not is_missing(each.value)]
    if not holding:
        return _no_mean(tables, last)
    effect = min(holding, key=lambda each: each.end - each.start)
    n = int(effect.n)
    figure = f"CAAR over {days(effect.start, effect.end)} under {clean(effect.model)} is {percent(effect.value)}"
    band = interval(effect.low, effect.high) if not is_missing(effect.low) else ""
    if n < FEW:
        events = "1 event" if n == 1 else f"{n} events"
        spread = f", 95% interval {band}" if band else ", with no interval"
        return [
            (
                f"{events} cannot show a mean effect: the {figure}{spread}; this tells neither whether such "
                f"announcements move the stock on average nor what the next one will do."
            )
        ]
    mean = f"Mean of {count(n)} events: the {figure}"
    if is_missing(effect.p_value):
        told = f"; its test has no value: {why}" if (why := reason(effect.reason)) else "; no test of it was asked for"
        return [f"{mean}, {f'95% interval {band}' if band else 'with no interval'}{told}."]
    ends = "differs from zero" if effect.p_value < LEVEL else "is not told apart from zero"
    return [
        (
            f"{mean}, 95% interval {band}, and {ends} at the 5% level "
            f"(cross-sectional t = {t_value(effect.statistic)}, p {_equals(effect.p_value)})."
        )
    ]


def _no_mean(tables: Mapping[str, pd.DataFrame], last: int) -> list[str]:
    """Return why there is no mean to tell of."""
    effects = mean_effects(tables)
    if not effects or any(each.start <= 0 and each.end >= last for each in effects):
        return ["No event is left whose mean could be told."]
    window = days(0, last)
    unknown = f"The timing of more than {MOST_UNKNOWN:.0%} of the events is unknown: the" if last else "The"
    return [f"{unknown} headline window is {window}, which is not among the named windows; name it to see the mean."]


def _equals(value: float) -> str:
    text = p_value(value)
    return text if text.startswith("<") else f"= {text}"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"

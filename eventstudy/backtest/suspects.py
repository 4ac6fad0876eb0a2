"""Values of events that could not have been known: standardised or ranked over all, or taken from later prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from eventstudy._typing import Floats
from eventstudy.backtest.decide import Market
from eventstudy.backtest.signals import day0_return, opening_gap
from eventstudy.returns.ranking import row_ranks

__all__ = ["full_sample", "price_made"]

EXACT = 1e-9
FEW = 20
MOST_CLASSES = 100
SHARE = 0.9
# Nothing known beforehand explains half of the variance of what comes after.
IMPLAUSIBLE = 0.7
LATER = (1, 2, 5, 10, 20, 60)


def full_sample(market: Market, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Return the values that show marks of having been made from all events at once, each with the mark."""
    for name in names:
        values = market.events.values[name]
        known = values[~np.isnan(values)]
        if len(known) < FEW or len(np.unique(known)) < 2:
            continue
        mark = _standardised(known) or _classed(known) or _ranked(known)
        if mark:
            yield name, mark


def _standardised(known: Floats) -> str:
    scale = float(np.abs(known).max())
    spread = (known.std(ddof=0), known.std(ddof=1))
    if abs(known.mean()) <= EXACT * scale and any(abs(each - 1.0) <= EXACT for each in spread):
        return "has mean 0 and standard deviation 1 over all events"
    return ""


def _classed(known: Floats) -> str:
    labels, sizes = np.unique(known, return_counts=True)
    whole = (labels == np.round(labels)).all() and len(labels) == labels[-1] - labels[0] + 1
    if whole and 3 <= len(labels) <= MOST_CLASSES and sizes.max() - sizes.min() <= 1 and sizes.min() >= 3:
        return f"sorts all events into {len(labels)} classes of equal size"
    return ""


def _ranked(known: Floats) -> str:
    steps = np.diff(np.sort(known))
    if (
        len(known) >= FEW
        and steps.min() > 0
        and steps.max() - steps.min() <= EXACT * max(1.0, float(np.abs(known).max()))
    ):
        return "is a rank among all events"
    return ""


def price_made(market: Market, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Return the values that are moves of the price which came after the announcement, each with which move.

    A value that orders events nearly as a move after day 0 does counts too: it need not be the move itself, an abnormal
    return will do.
    """
    measured = dict(_moves(market))
    for name in names:
        values = market.events.values[name]
        for what, move in measured.items():
            both = ~np.isnan(values) & ~np.isnan(move)
            if both.sum() >= 3 and (np.abs(values - move)[both] <= EXACT).mean() >= SHARE:
                yield name, what
                break
            if what.endswith("after day 0") and both.sum() >= FEW:
                alike = _rank_correlation(values[both], move[both])
                if abs(alike) >= IMPLAUSIBLE:
                    yield name, f"ordered as {what} is (rank correlation {alike:.2f} over {both.sum()} events)"
                    break


def _rank_correlation(one: Floats, two: Floats) -> float:
    ranks = row_ranks(np.stack([one, two]))
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    scale = float(np.sqrt((centred**2).sum(axis=1).prod()))
    return float((centred[0] * centred[1]).sum()) / scale if scale > 0 else 0.0


def _moves(market: Market) -> Iterator[tuple[str, Floats]]:
    tape, codes, clock = market.tape, market.codes, market.clock
    yield "the return of day 0, known at its close", day0_return(tape, codes, clock)
    yield "the gap at the open, known at the open", opening_gap(tape, codes, clock)
    have = np.flatnonzero(codes >= 0)
    for count in LATER:
        later = np.full(len(codes), np.nan)
        returns = tape.window(tape.total_return, codes[have], clock.placed.day0[have] + 1, count)
        later[have] = np.prod(1.0 + returns, axis=1) - 1.0
        yield f"the return of the {count} sessions after day 0", later

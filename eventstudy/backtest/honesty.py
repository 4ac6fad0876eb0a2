"""The honesty panel: what a good-looking backtest would rather not say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy._typing import Floats, Labels
from eventstudy.backtest.measures import SESSIONS, annual_return, deflated_sharpe, sharpe
from eventstudy.backtest.placebo import Placebo, placebo
from eventstudy.errors import InputError

if TYPE_CHECKING:
    from eventstudy.backtest.result import BacktestResult

__all__ = ["Honesty", "WalkForward", "assess", "walk_forward"]

IN_SAMPLE = 0.7
FOLDS = 5
GOOD = 0.95
HALF = 0.5
FEW = 30


@dataclass(frozen=True, slots=True)
class Part:
    """The net performance of a stretch of days; Sharpe ratios are annual."""

    name: str
    first: str
    last: str
    sessions: int
    annual_return: float
    sharpe: float
    sharpe_std_error: float


@dataclass(frozen=True, slots=True, eq=False)
class WalkForward:
    """Each fold traded by the variant that was best before it.

    Parameters
    ----------
    folds : tuple of Part
        Net performance of each fold after the first.
    chosen : tuple of str
        Digest of the variant that was chosen for each.
    whole : Part
        All folds together.
    """

    folds: tuple[Part, ...]
    chosen: tuple[str, ...]
    whole: Part


@dataclass(frozen=True, slots=True, eq=False)
class Honesty:
    """What to know before believing a backtest.

    Parameters
    ----------
    parts : tuple of Part
        In sample, and out of sample after an embargo.
    walk_forward : WalkForward
        Folds with an embargo before each.
    placebos : tuple of Placebo
        On random dates and on random firms.
    concentration : mapping of str to float
        Share of the net profit that the best five trades, name, date and year made; NaN without a profit.
    variants : int
        How many were tried.
    deflated_sharpe : float
        Probability that the Sharpe ratio is above the best of so many worthless ones.
    verdict : tuple of str
        In sentences.
    """

    parts: tuple[Part, ...]
    walk_forward: WalkForward
    placebos: tuple[Placebo, ...]
    concentration: dict[str, float]
    variants: int
    deflated_sharpe: float
    verdict: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the panel as plain values."""
        placebos = [
            {
                "kind": each.kind,
                "actual": each.actual,
                "mean": float(each.known.mean()) if len(each.known) else float("nan"),
                "q95": float(np.quantile(each.known, GOOD)) if len(each.known) else float("nan"),
                "percentile": each.percentile,
                "p_value": each.p_value,
                "draws": len(each.draws),
            }
            for each in self.placebos
        ]
        walked = self.walk_forward
        return {
            "verdict": list(self.verdict),
            "parts": [asdict(each) for each in self.parts],
            "walk_forward": {
                "folds": [asdict(each) for each in walked.folds],
                "chosen": list(walked.chosen),
                "whole": asdict(walked.whole),
            },
            "placebos": placebos,
            "concentration": dict(self.concentration),
            "variants": self.variants,
            "deflated_sharpe": self.deflated_sharpe,
        }


def assess(
    result: BacktestResult,
    *,
    variants: Sequence[BacktestResult] = (),
    in_sample: float = IN_SAMPLE,
    folds: int = FOLDS,
    draws: int = 99,
    seed: int = 0,
) -> Honesty:
    """Return the honesty panel of a backtest.

    Parameters
    ----------
    result : BacktestResult
        What is to be believed.
    variants : sequence of BacktestResult
        Others on the same days, among which the walk-forward chooses.
    in_sample : float
        Share of the days that counts as in sample.
    folds : int
        Of the walk-forward.
    draws, seed : int
        Of each placebo; none are drawn for entries on bars.
    """
    if not 0 < in_sample < 1:
        raise InputError(f"honesty: in_sample is {in_sample}; a share between 0 and 1 was expected.")
    embargo = _embargo(result)
    cut = int(in_sample * len(result.returns))
    parts = (
        _part(result, "in sample", slice(0, cut)),
        _part(result, f"out of sample, {embargo} sessions later", slice(cut + embargo, len(result.returns))),
    )
    kinds = () if result.rule.entry in ("vwap", "bar") or draws < 1 else ("dates", "firms")
    placebos = tuple(placebo(result.rule, result.market, kind, draws=draws, seed=seed) for kind in kinds)
    trials = result.trials
    deflated = deflated_sharpe(sharpe(result.excess_returns), trials.count, trials.spread)
    walked = walk_forward([result, *variants], folds=folds)
    concentration = _concentration(result)
    verdict = _verdict(result, parts, placebos, concentration, deflated)
    return Honesty(parts, walked, placebos, concentration, trials.count, deflated, verdict)


def walk_forward(results: Sequence[BacktestResult], *, folds: int = FOLDS) -> WalkForward:
    """Return the net performance where each fold is traded by the variant with the best Sharpe ratio before it.

    Parameters
    ----------
    results : sequence of BacktestResult
        Variants on the same days.
    folds : int
        Stretches of equal length; the first is for training alone. Between training and trading lie as many sessions
        as a position can be held.

    Raises
    ------
    InputError
        If the variants have not the same days, or there are fewer than two folds.
    """
    first = results[0]
    if any(len(each.dates) != len(first.dates) or (each.dates != first.dates).any() for each in results):
        raise InputError(
            "walk_forward: the variants were run over different days; give them the same events and exits."
        )
    if folds < 2:
        raise InputError(f"walk_forward: folds is {folds}; at least 2 were expected.")
    embargo = max(_embargo(each) for each in results)
    edges = np.linspace(0, len(first.returns), folds + 1).astype(int).tolist()
    parts, chosen, stitched = list[Part](), list[str](), list[Floats]()
    for start, stop in pairwise(edges[1:]):
        train = slice(0, max(start - embargo, 0))
        scores = [sharpe(each.excess_returns[train]).value for each in results]
        best = results[int(np.nanargmax(scores))] if not np.isnan(scores).all() else first
        chosen.append(best.digest[:12])
        parts.append(_part(best, f"fold {len(parts) + 2}", slice(start, stop)))
        stitched.append(np.stack([best.returns[start:stop], best.excess_returns[start:stop]]))
    returns, excess = np.concatenate(stitched, axis=1)
    whole = _measured("all folds", parts[0].first, parts[-1].last, returns, excess)
    return WalkForward(tuple(parts), tuple(chosen), whole)


def _embargo(result: BacktestResult) -> int:
    """Return how many sessions a position of a backtest can be open."""
    held = result.orders.exit - result.orders.entry
    return int(held.max(initial=0)) if result.rule.exit_after is None else result.rule.exit_after + 1


def _part(result: BacktestResult, name: str, days: slice) -> Part:
    dates = result.dates[1:][days]
    first, last = (str(dates[0]), str(dates[-1])) if len(dates) else ("", "")
    return _measured(name, first, last, result.returns[days], result.excess_returns[days])


def _measured(name: str, first: str, last: str, returns: Floats, excess: Floats) -> Part:
    found = sharpe(excess)
    year = sqrt(SESSIONS)
    return Part(name, first, last, len(returns), annual_return(returns), found.annual, found.std_error * year)


def _concentration(result: BacktestResult) -> dict[str, float]:
    """Return shares of the net profit of all trades."""
    details = result.positions
    net = details["net"].to_numpy()
    total = float(net.sum())
    labels: dict[str, Labels] = {
        "best_name": details["symbol"].to_numpy(dtype=object),
        "best_date": details["entry_date"].astype(str).to_numpy(dtype=object),
        "best_year": details["entry_date"].dt.year.astype(str).to_numpy(dtype=object),
    }
    if not total > 0:
        return dict.fromkeys(["best_five_trades", *labels], float("nan"))
    shares = {"best_five_trades": float(np.sort(net)[-5:].sum()) / total}
    for name, each in labels.items():
        shares[name] = max(float(net[each == label].sum()) for label in set(each)) / total
    return shares


def _beside_luck(placebos: tuple[Placebo, ...], deflated: float, variants: int) -> Iterator[str]:
    """Give what luck would have done as well."""
    for each in placebos:
        if np.isnan(each.percentile):
            yield f"With random {each.kind} nothing was traded, so that there is nothing to compare with."
        elif each.percentile < GOOD:
            yield f"Random {each.kind} did as well in {1 - each.percentile:.0%} of the draws."
    if np.isnan(deflated):
        yield "There is no Sharpe ratio, and so no probability that a true one is above luck."
    elif deflated < GOOD:
        tried = f"{variants} variant{'s' if variants != 1 else ''} tried"
        yield f"With {tried}, the probability of a true Sharpe ratio above luck is {deflated:.1%}, below 95%."


def _verdict(
    result: BacktestResult,
    parts: tuple[Part, ...],
    placebos: tuple[Placebo, ...],
    concentration: dict[str, float],
    deflated: float,
) -> tuple[str, ...]:
    """Return what speaks against the backtest, or that nothing was found that does."""
    net = float(result.days.equity[-1]) - result.rule.capital
    said = []
    if not len(result.trades):
        return ("Nothing was traded.",)
    if net <= 0:
        said.append("After costs nothing was earned.")
    said += _beside_luck(placebos, deflated, result.trials.count)
    if parts[0].sharpe > 0 and not parts[1].sharpe > 0:
        said.append("What was earned in sample was not earned out of sample.")
    trades = len(result.positions)
    if trades < FEW:
        said.append(f"{trades} trade{'s are' if trades != 1 else ' is'} too few to tell skill from luck.")
    for name, words in (("best_year", "One year"), ("best_five_trades", "Five trades")):
        made = concentration[name]
        if made > HALF and trades >= FEW:
            said.append(f"{words} made {f'{made:.0%}' if made <= 1 else 'more than all'} of the profit.")
    return tuple(said) or ("None of these checks speaks against it; that is no proof.",)

"""Matched firms and characteristic portfolios: what each event is compared with is named by the event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from eventstudy._typing import Floats
from eventstudy.returns.models.base import FixedModel, named
from eventstudy.returns.regressors import Benchmark

__all__ = ["CharacteristicModel", "MatchedModel"]


@dataclass(frozen=True)
class MatchedModel(FixedModel):
    """Expected return = that of a matched firm: ``E(R_t) = R_match,t``.

    The match is yours, and must have been chosen from what was known before the event (Barber and Lyon: size within
    70 to 130 percent, then the closest book-to-market). A match that stops trading is replaced by the next best from
    the next session on. The variance is the centred variance of ``R - R_match`` over the estimation window.

    Source: Barber and Lyon (1997), Journal of Financial Economics 43, 341-372.

    Parameters
    ----------
    match : str or mapping
        A column of the events that names each event's match, or a mapping from the events' symbols to theirs;
        ``"A;B"`` names a next best.

    Examples
    --------
    >>> MatchedModel({"BABA": "JD;PDD"}).label(None)
    'matched:JD;PDD'
    """

    kind: ClassVar[str] = "matched"
    source: ClassVar[str] = "Barber and Lyon (1997)"

    match: Benchmark = "match"

    @property
    def regressors(self) -> tuple[Benchmark, ...]:
        """The match."""
        return (self.match,)

    def label(self, benchmark: Benchmark | None) -> str:  # noqa: ARG002
        """Return the kind, and the match where it is not in the column ``match``."""
        return self.kind if self.match == "match" else f"{self.kind}:{named(self.match)}"

    def expected(self, x: Floats) -> Floats:
        """Return the match's return, shape (E, n)."""
        return x[..., 0]


@dataclass(frozen=True)
class CharacteristicModel(FixedModel):
    """Expected return = that of a portfolio of firms with the same characteristics.

    The portfolio (of the firm's size, book-to-market and momentum) is yours, and must have been formed from what was
    known before the event. It is rebalanced daily in abnormal returns, and bought and held in BHARs. The variance is
    the centred variance of ``R - R_portfolio`` over the estimation window.

    Source: Daniel, Grinblatt, Titman and Wermers (1997), Journal of Finance 52, 1035-1058.

    Parameters
    ----------
    portfolio : str or mapping
        A column of the events that names each event's portfolio, or a mapping from the events' symbols to theirs: a
        symbol, a factor, or its members as ``"A+B+C"``.

    Examples
    --------
    >>> CharacteristicModel().regressors
    ('portfolio',)
    """

    kind: ClassVar[str] = "characteristic"
    source: ClassVar[str] = "Daniel, Grinblatt, Titman and Wermers (1997)"

    portfolio: Benchmark = "portfolio"

    @property
    def regressors(self) -> tuple[Benchmark, ...]:
        """The portfolio."""
        return (self.portfolio,)

    def label(self, benchmark: Benchmark | None) -> str:  # noqa: ARG002
        """Return the kind, and the portfolio where it is not in the column ``portfolio``."""
        return self.kind if self.portfolio == "portfolio" else f"{self.kind}:{named(self.portfolio)}"

    def expected(self, x: Floats) -> Floats:
        """Return the portfolio's return, shape (E, n)."""
        return x[..., 0]

"""The moves of many events in arrays, from which the `Rung`s of one are made when somebody asks for them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from eventstudy._typing import Bools, Floats, Ints, Labels
from eventstudy.reactions.columns import each, joined
from eventstudy.reactions.liquidity import Grade
from eventstudy.reactions.record import Kind, Rung
from eventstudy.reactions.standing import OwnStanding, OwnStandings, Standings
from eventstudy.reactions.steps import QUOTED, Step

__all__ = ["Cells", "Rungs"]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """What differs from event to event: fields of `Rung`, every array of shape (E, K).

    Parameters
    ----------
    missing, unusual : ndarray
        The two parts of `Rung.reasons`: why the move or the expected one is missing, and why its standing is; None
        where nothing is.
    own : OwnStandings
        Of every move, also of those that have none.
    compared : ndarray
        Which of them have one.
    """

    start: Labels
    end: Labels
    base_price: Floats
    price: Floats
    raw: Floats
    raw_log: Floats
    expected: Floats
    abnormal: Floats
    expected_log: Floats
    n: Ints
    z: Floats
    percentile: Floats
    beta: Floats
    ordinary_sd: Floats
    missing: Labels
    unusual: Labels
    own: OwnStandings
    compared: Bools


APART = ("missing", "unusual", "own", "compared")
PLAIN = tuple(field.name for field in fields(Cells) if field.name not in APART)


@dataclass(frozen=True, slots=True, eq=False)
class Rungs:
    """K moves of each of E events.

    Parameters
    ----------
    steps : tuple of Step
        What is measured, K of them; `QUOTED` is what somebody said.
    grade : ndarray of shape (E,)
        The `Grade` of each event's prices.
    cells : Cells
        Arrays of shape (E, K).
    """

    steps: tuple[Step, ...]
    grade: Labels
    cells: Cells

    @classmethod
    def none(cls) -> Rungs:
        """Return the moves of no event."""
        empty: Any = np.empty((0, 0))
        own = OwnStandings(**{field.name: empty for field in fields(OwnStandings)})
        return cls(
            (), np.empty(0, dtype=object), Cells(**{field.name: empty for field in fields(Cells)} | {"own": own})
        )

    @classmethod
    def one_after_another(cls, parts: list[Rungs], order: Ints) -> Rungs:
        """Return the moves of the events of all parts, in some order of them."""
        together = joined([part.cells for part in parts])
        grade = np.concatenate([part.grade for part in parts])
        return cls(parts[0].steps, grade[order], each(together, lambda values: values[order]))

    def beside(self, other: Rungs) -> Rungs:
        """Return these moves and then those of another measurement of the same events."""
        return Rungs((*self.steps, *other.steps), self.grade, joined([self.cells, other.cells], axis=1))

    def standing(self, leg: str) -> Standings:
        """Return where one leg stands among ordinary days, arrays of shape (E,)."""
        at = next(column for column, step in enumerate(self.steps) if (step.kind, step.leg) == (Kind.LEG, leg))
        cells = self.cells
        return Standings(
            n=cells.n[:, at],
            z=cells.z[:, at],
            percentile=cells.percentile[:, at],
            reason=cells.unusual[:, at],
            width=cells.ordinary_sd[:, at],
        )

    def of(self, row: int) -> tuple[Rung, ...]:
        """Return the moves of one event."""
        cells = self.cells
        plain = {name: getattr(cells, name)[row].tolist() for name in PLAIN}
        mine = each(cells.own, lambda values: values[row])
        own = zip(*(getattr(mine, field.name).tolist() for field in fields(OwnStanding)), strict=True)
        why = zip(cells.missing[row], cells.unusual[row], strict=True)
        return tuple(
            Rung(
                leg=step.leg,
                kind=step.kind,
                price_source=step.source,
                reference="ordinary_days",
                grade=Grade.QUOTED if step is QUOTED else self.grade[row],
                reasons=tuple(reason for reason in reasons if reason is not None),
                own=OwnStanding(*among) if cells.compared[row, column] else None,
                **{name: values[column] for name, values in plain.items()},
            )
            for column, (step, reasons, among) in enumerate(zip(self.steps, why, own, strict=True))
        )

    def columns(self) -> dict[str, Any]:
        """Return the moves as columns of ``reactions.csv``, one row an event and move."""
        import pandas as pd

        grade = np.repeat(self.grade.astype(str).astype(object)[:, None], len(self.steps), axis=1)
        grade[:, [step is QUOTED for step in self.steps]] = str(Grade.QUOTED)
        missing, unusual = (np.where(why.astype(bool), why, "") for why in (self.cells.missing, self.cells.unusual))
        both = (missing != "") & (unusual != "")
        by_step = {
            "leg": [step.leg for step in self.steps],
            "kind": [str(step.kind) for step in self.steps],
            "price_source": [step.source for step in self.steps],
            "reference": ["ordinary_days" for _ in self.steps],
        }
        column = np.tile(np.arange(len(self.steps)), len(self.grade))
        held = {name: pd.Series(words, dtype="str").array.take(column) for name, words in by_step.items()}
        held |= {"grade": grade.ravel(), "reason": np.where(both, missing + "; " + unusual, missing + unusual).ravel()}
        return held | {name: getattr(self.cells, name).ravel() for name in PLAIN}

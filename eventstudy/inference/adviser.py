"""Which test to believe: rules over a sample's own diagnostics, each with its source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventstudy.inference.advice_rules import RULES, SITUATIONS, Rule, Situation
from eventstudy.inference.diagnostics import Diagnostics

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.reports.display import DisplayTable

__all__ = ["Advice", "Verdict", "advise", "rules_table"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the adviser says of one test: ``"headline"``, ``"shown"`` or ``"greyed"``, and why."""

    test: str
    standing: str
    because: str
    source: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Advice:
    """The headline test of a sample with its reason, and the tests whose assumptions fail; it shows itself.

    Parameters
    ----------
    headline : str
        The test to believe; empty where none fits.
    situation : str
        What the sample is.
    why : str
        The reason, in a sentence.
    verdicts : tuple of Verdict
        One a test, the headline first.
    diagnostics : Diagnostics
        What the rules looked at.
    """

    headline: str
    situation: str
    why: str
    verdicts: tuple[Verdict, ...]
    diagnostics: Diagnostics

    def verdict(self, test: str) -> Verdict:
        """Return what is said of one test."""
        return next(each for each in self.verdicts if each.test == test)

    @property
    def greyed(self) -> tuple[str, ...]:
        """The tests whose assumptions fail."""
        return tuple(each.test for each in self.verdicts if each.standing == "greyed")

    def to_frame(self) -> pd.DataFrame:
        """Return one row a test."""
        import pandas as pd

        columns = ["test", "standing", "because", "source"]
        return pd.DataFrame([[getattr(each, name) for name in columns] for each in self.verdicts], columns=columns)

    def table(self) -> DisplayTable:
        """Return the verdicts as a table for people."""
        from eventstudy.reports.display import Column, table

        heads = [Column(title, "left") for title in ("Test", "Standing", "Why", "Source")]
        rows = [(each.test, each.standing, each.because, each.source) for each in self.verdicts]
        return table("Which test to believe", heads, rows, self.why, self._measured())

    def _measured(self) -> str:
        d = self.diagnostics
        return (
            f"N = {d.n} on {d.dates} dates, at most {d.largest} on one; {d.overlapping} overlapping pairs; "
            f"mean correlation {d.correlation:.3f}, effective N {d.effective_n:.1f}; "
            f"variance ratio {d.variance_ratio:.2f} (p {d.variance_p:.3f}); skewness {d.skewness:.2f}; "
            f"zero or missing returns {d.thin:.1%}."
        )

    def summary(self, width: int = 100) -> str:
        """Return the verdicts as text, `width` columns wide where it wraps."""
        from eventstudy.reports.terminal import render_tables

        return render_tables([], [self.table()], color=False, width=width)

    def __repr__(self) -> str:
        return f"Advice({self.headline or 'no test'}: {self.why})"

    def _repr_html_(self) -> str:
        from eventstudy.reports.html import fragment

        return fragment(self.table())


def advise(diagnostics: Diagnostics, tests: Iterable[str]) -> Advice:
    """Name the headline test of a sample, and grey out those whose assumptions fail on it.

    Parameters
    ----------
    diagnostics : Diagnostics
        Of one group and window.
    tests : iterable of str
        Names of the tests there are.
    """
    names = tuple(tests)
    failing = {name: rule for name in names if (rule := _failing(name, diagnostics)) is not None}
    situation = next((each for each in SITUATIONS if each.holds(diagnostics)), None)
    ranked = [name for name in (situation.tests if situation else ()) if name in names and name not in failing]
    headline = ranked[0] if ranked else ""
    order = [*ranked, *(name for name in names if name not in ranked and name not in failing), *failing]
    verdicts = tuple(_verdict(name, headline, failing.get(name), situation, diagnostics) for name in order)
    name, why = situation.name if situation else "no event", _why(headline, situation, diagnostics)
    return Advice(headline, name, why, verdicts, diagnostics)


def _failing(test: str, diagnostics: Diagnostics) -> Rule | None:
    return next((rule for rule in RULES if test in rule.tests and rule.fails(diagnostics)), None)


def _verdict(
    test: str, headline: str, rule: Rule | None, situation: Situation | None, diagnostics: Diagnostics
) -> Verdict:
    if rule is not None:
        return Verdict(test, "greyed", _told(rule.because, diagnostics), rule.source)
    if test == headline and situation is not None:
        return Verdict(test, "headline", _told(situation.because, diagnostics), situation.source)
    return Verdict(test, "shown", "", "")


def _why(headline: str, situation: Situation | None, diagnostics: Diagnostics) -> str:
    if situation is None:
        return "There is no event to test."
    told = _told(situation.because, diagnostics)
    if not headline:
        return f"No test of the list fits ({situation.name}): {told}."
    return f"Believe {headline} ({situation.name}): {told} ({situation.source})."


def _told(because: str, diagnostics: Diagnostics) -> str:
    return because.format(**{name: getattr(diagnostics, name) for name in Diagnostics.__slots__})


def _general(because: str) -> str:
    """Return a reason with the names of the diagnostics in the place of their values."""
    return re.sub(r"\{(\w+)(?::[^}]*)?\}", lambda found: f"<{found[1].replace('_', ' ')}>", because)


def rules_table() -> DisplayTable:
    """Return the rules themselves as a table for people."""
    from eventstudy.reports.display import Column, table

    heads = [Column(title, "left") for title in ("Where", "Tests", "Why", "Source")]
    firsts = [
        (each.name, f"first: {', '.join(each.tests)}", _general(each.because), each.source) for each in SITUATIONS
    ]
    greyed = [(each.name, f"greyed: {', '.join(each.tests)}", _general(each.because), each.source) for each in RULES]
    return table("How the adviser decides", heads, [*firsts, *greyed])

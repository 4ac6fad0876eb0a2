"""Which test to believe: rules over a sample's own diagnostics, each with its source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventstudy.errors import Reason
from eventstudy.inference.advice_rules import CAVEATS, ORDINARY, RULES, SITUATIONS, Rule, Situation
from eventstudy.inference.base import HypothesisTest, TestResult
from eventstudy.inference.diagnostics import Diagnostics

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.reports.display import DisplayTable

__all__ = ["Advice", "Verdict", "advise", "rules_table", "without_value"]


Forms = tuple[HypothesisTest, ...]


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
            f"N = {d.n} on {d.dates} dates, at most {d.largest} on one; {d.overlapping} overlapping pairs in "
            f"{d.blocks} blocks, variance of the mean times {d.staggering:.2f} across dates; "
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


def advise(
    diagnostics: Diagnostics,
    tests: Iterable[str],
    missing: Mapping[str, Reason] | None = None,
    asked: Iterable[HypothesisTest] = (),
) -> Advice:
    """Name the headline test of a sample, and grey out those whose assumptions fail on it.

    Parameters
    ----------
    diagnostics : Diagnostics
        Of one group and window.
    tests : iterable of str
        Names of the tests there are.
    missing : mapping of str to Reason, optional
        Those that were run and have no value, as `without_value` finds them; none of them is the headline.
    asked : iterable of HypothesisTest
        Those that were run, with their options. One that is not among them is judged by its defaults, one that was run
        in several forms by all of them.

    Examples
    --------
    >>> from eventstudy.inference.diagnostics import Diagnostics
    >>> same_day = Diagnostics(n=2, length=1, dates=1, largest=2, overlapping=1, blocks=1, correlation=0.3,
    ...                        effective_n=1.5, staggering=1.0, variance_ratio=1.0, variance_p=0.5,
    ...                        skewness=float("nan"), thin=0.0)
    >>> advise(same_day, ["kolari_pynnonen", "portfolio"]).headline
    'portfolio'
    """
    names, forms = tuple(tests), tuple(asked)
    failing = {name: said for name in names if (said := _against(name, forms, diagnostics, missing or {})) is not None}
    situation = next((each for each in SITUATIONS if each.holds(diagnostics)), None)
    ranked = [name for name in (situation.tests if situation else ()) if name in names and name not in failing]
    headline = ranked[0] if ranked else ""
    order = [*ranked, *(name for name in names if name not in ranked and name not in failing), *failing]
    verdicts = tuple(failing.get(name) or _verdict(name, forms, headline, situation, diagnostics) for name in order)
    why = _why(verdicts[0] if headline else None, situation, diagnostics)
    return Advice(headline, situation.name if situation else "no event", why, verdicts, diagnostics)


def without_value(results: Iterable[TestResult]) -> dict[str, Reason]:
    """Return the tests that have a reason in every one of their results, with the first reason."""
    reasons: dict[str, list[Reason]] = {}
    for each in results:
        reasons.setdefault(each.test, []).append(each.reason)
    return {test: found[0] for test, found in reasons.items() if Reason.OK not in found}


def _against(test: str, forms: Forms, diagnostics: Diagnostics, missing: Mapping[str, Reason]) -> Verdict | None:
    """Return why a test is greyed out, None where it is not."""
    if (rule := _first(RULES, test, forms, diagnostics)) is not None:
        return Verdict(test, "greyed", _told(rule.because, diagnostics), rule.source)
    if test in missing:
        return Verdict(test, "greyed", f"it has no value here ({missing[test]})", "its own result")
    return None


def _first(rules: Iterable[Rule], test: str, forms: Forms, diagnostics: Diagnostics) -> Rule | None:
    return next((rule for rule in rules if _speaks_of(rule, test, forms) and rule.fails(diagnostics)), None)


def _speaks_of(rule: Rule, test: str, forms: Forms) -> bool:
    """Return whether a rule is about a test in any of the forms that it was run in."""
    if test not in rule.tests:
        return False
    own = [form for form in forms if form.kind == test]
    if not own:
        return all(ORDINARY[option] == word for option, word in rule.where.items())
    return any(all(getattr(form, option) == word for option, word in rule.where.items()) for form in own)


def _verdict(test: str, forms: Forms, headline: str, situation: Situation | None, diagnostics: Diagnostics) -> Verdict:
    """Return what is said of a test that is not greyed out."""
    caveat = _first(CAVEATS, test, forms, diagnostics)
    said = "" if caveat is None else _told(caveat.because, diagnostics)
    if test == headline and situation is not None:
        told = _told(situation.because, diagnostics)
        return Verdict(test, "headline", f"{told}; {said}" if said else told, situation.source)
    return Verdict(test, "shown", said, "" if caveat is None else caveat.source)


def _why(headline: Verdict | None, situation: Situation | None, diagnostics: Diagnostics) -> str:
    if situation is None:
        return "There is no event to test."
    if headline is None:
        return f"No test of the list fits ({situation.name}): {_told(situation.because, diagnostics)}."
    return f"Believe {headline.test} ({situation.name}): {headline.because} ({headline.source})."


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
    greyed = [(each.name, f"greyed: {_of(each)}", _general(each.because), each.source) for each in RULES]
    caveats = [(each.name, f"beware: {_of(each)}", _general(each.because), each.source) for each in CAVEATS]
    return table("How the adviser decides", heads, [*firsts, *greyed, *caveats])


def _of(rule: Rule) -> str:
    """Return the tests that a rule speaks of, with the options that it asks for."""
    options = ", ".join(f"{option}: {word}" for option, word in rule.where.items())
    return ", ".join(rule.tests) + (f" ({options})" if options else "")

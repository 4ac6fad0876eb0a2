"""What a regression of CARs found, and the tables in which this field shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eventstudy._typing import Floats, Labels

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.reports.display import DisplayTable

__all__ = ["CarRegression", "side_by_side"]

STARS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))
LEGEND = "*** p < 0.01, ** p < 0.05, * p < 0.10."


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class CarRegression:
    """A regression of CARs on characteristics; it shows itself in a notebook.

    Parameters
    ----------
    formula, of : str
        The right side, and which CARs the left side are.
    names : tuple of str
        K coefficients.
    estimate, std_error, statistic, p_value, ci_low, ci_high : ndarray of shape (K,)
        A coefficient is a return (a decimal) for one unit of its column; 95% intervals.
    covariance : ndarray of shape (K, K)
        Of the coefficients.
    kind : str
        How it was estimated, with the columns clustered by.
    clusters : tuple of int
        How many clusters each way has.
    df : float
        Degrees of freedom of t.
    n, dropped : int
        Events used, and left out for a missing value.
    r_squared, adjusted_r_squared : float
        Share of the (weighted) variance explained.
    condition_number : float
        Of the design.
    event_id : ndarray of shape (N,)
        The events used.
    leverage : ndarray of shape (N,)
        Diagonal of the hat matrix, sum K.
    weights : str
        How events were weighted; empty where equally.
    tau : float
        Standard deviation between events beyond that of their CARs, where it was estimated.
    notes : tuple of str
        What else to know.
    """

    formula: str
    of: str
    names: tuple[str, ...]
    estimate: Floats
    std_error: Floats
    statistic: Floats
    p_value: Floats
    ci_low: Floats
    ci_high: Floats
    covariance: Floats
    kind: str
    clusters: tuple[int, ...]
    df: float
    n: int
    dropped: int
    r_squared: float
    adjusted_r_squared: float
    condition_number: float
    event_id: Labels
    leverage: Floats
    weights: str
    tau: float
    notes: tuple[str, ...]

    @property
    def influential(self) -> tuple[str, ...]:
        """Events with a leverage above 4 K / N, the highest first."""
        order = np.argsort(-self.leverage, kind="stable")
        bound = 4 * len(self.names) / self.n
        return tuple(str(self.event_id[i]) for i in order if self.leverage[i] > bound)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a coefficient."""
        import pandas as pd

        columns = ("estimate", "std_error", "statistic", "p_value", "ci_low", "ci_high")
        return pd.DataFrame({"term": self.names, **{name: getattr(self, name) for name in columns}, "df": self.df})

    def table(self) -> DisplayTable:
        """Return the coefficients as a table for people."""
        from eventstudy.reports.display import Column, clean, p_value, t_value, table

        heads = [Column("Term", "left"), *map(Column, ("Coefficient", "s.e.", "t", "p", "95% low", "95% high"))]
        rows = [
            (
                clean(name),
                f"{self.estimate[i]:.4f}{stars(self.p_value[i])}",
                f"{self.std_error[i]:.4f}",
                t_value(self.statistic[i]),
                p_value(self.p_value[i]),
                f"{self.ci_low[i]:.4f}",
                f"{self.ci_high[i]:.4f}",
            )
            for i, name in enumerate(self.names)
        ]
        return table(f"CAR ({clean(self.of)}) on {clean(self.formula)}", heads, rows, *self._words())

    def _words(self) -> list[str]:
        ways = f", {' and '.join(map(str, self.clusters))} clusters" if self.clusters else ""
        left_out = f" ({self.dropped} left out for a missing value)" if self.dropped else ""
        shares = f"R\N{SUPERSCRIPT TWO} = {self.r_squared:.3f}, adjusted {self.adjusted_r_squared:.3f}"
        errors = f"standard errors {self.kind}{ways}, t({self.df:g})"
        influential = ", ".join(self.influential) or "none"
        said = [
            f"N = {self.n}{left_out}, {shares}; {errors}. {LEGEND}",
            f"Condition number {self.condition_number:.3g}; leverage above 4K/N: {influential}.",
        ]
        if self.weights:
            between = f", standard deviation between events {self.tau:.4f}" if self.weights == "random_effects" else ""
            said.append(f"Weights: {self.weights.replace('_', ' ')}{between}.")
        return [*said, *self.notes]

    def summary(self, width: int = 100) -> str:
        """Return the table as text, `width` columns wide where it wraps."""
        from eventstudy.reports.terminal import render_tables

        return render_tables([], [self.table()], color=False, width=width)

    def __repr__(self) -> str:
        return f"CarRegression({self.of}: {self.formula}; N = {self.n}, {self.kind})"

    def _repr_html_(self) -> str:
        from eventstudy.reports.html import fragment

        return fragment(self.table())


def stars(p_value: float) -> str:
    """Return the stars of a p-value, none from 0.10 on.

    Examples
    --------
    >>> stars(0.003), stars(0.03), stars(0.5)
    ('***', '**', '')
    """
    return next((mark for bound, mark in STARS if p_value < bound), "")


def side_by_side(*results: CarRegression) -> DisplayTable:
    """Return regressions beside each other as journals print them: coefficients with stars, errors in brackets below.

    Parameters
    ----------
    *results : CarRegression
        One a column, numbered in their order.
    """
    from eventstudy.reports.display import Column, clean, table

    names = list(dict.fromkeys(name for each in results for name in each.names))
    rows: list[tuple[str, ...]] = []
    for name in names:
        places = [each.names.index(name) if name in each.names else None for each in results]
        pairs = [
            ("", "")
            if place is None
            else (f"{each.estimate[place]:.4f}{stars(each.p_value[place])}", f"({each.std_error[place]:.4f})")
            for each, place in zip(results, places, strict=True)
        ]
        rows += [(clean(name), *(top for top, _ in pairs)), ("", *(below for _, below in pairs))]
    rows += [
        ("N", *(f"{each.n:,}" for each in results)),
        ("R\N{SUPERSCRIPT TWO}", *(f"{each.r_squared:.3f}" for each in results)),
        ("Standard errors", *(each.kind for each in results)),
        ("CAR", *(clean(each.of) for each in results)),
    ]
    heads = [Column("", "left"), *(Column(f"({place})") for place in range(1, len(results) + 1))]
    return table(
        "Cumulative abnormal returns on characteristics", heads, rows, f"Standard errors in brackets. {LEGEND}"
    )

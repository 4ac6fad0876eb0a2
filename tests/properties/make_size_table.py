"""Make size_table.csv: the measured size of every test. Run it from the repository's root.

    python -m tests.properties.make_size_table

It takes some minutes. Numbers are shares of 2,000 samples under the null in which p is the level at most, of 1,000 for
a test that draws, and of half as many where several dates are correlated; beside them the closed form where there is
one. Empty where a test has a reason instead of a p-value in most samples.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from eventstudy.distributions import rejects
from eventstudy.inference import HypothesisTest
from tests.properties.simulated import DESIGNS, LEVELS, WINDOWS, Design, closed_tests, drawing_tests, expected, p_values

DRAWS, DRAWING, SEED = 2000, 1000, 20250220
TABLE = Path(__file__).with_name("size_table.csv")
COLUMNS = ("design", "events", "days", "test", "form", "draws", *(f"size_{level:g}" for level in LEVELS), "closed_0.05")


def rows(design: Design) -> list[dict[str, object]]:
    """Return the table's rows of one design."""
    closed, drawing = int(DRAWS * design.share), int(DRAWING * design.share)
    return [*measured(design, closed_tests(), closed), *measured(design, drawing_tests(), drawing)]


def measured(design: Design, tests: Sequence[HypothesisTest], draws: int) -> list[dict[str, object]]:
    """Return the rows of some tests, from as many samples."""
    found = p_values(design, tests, draws, SEED)
    made: list[dict[str, object]] = []
    for j, window in enumerate(WINDOWS):
        for k, test in enumerate(tests):
            own = found[:, j, k][~np.isnan(found[:, j, k])]
            known = len(own) > draws / 2
            sizes = {f"size_{level:g}": f"{rejects(own, level).mean():.4f}" if known else "" for level in LEVELS}
            closed = expected(design, window, test, 0.05)
            made.append(
                {
                    "design": design.name,
                    "events": design.events,
                    "days": window,
                    "test": test.kind,
                    "form": test.label,
                    "draws": len(own),
                    **sizes,
                    "closed_0.05": "" if np.isnan(closed) or not known else f"{closed:.4f}",
                }
            )
    return made


def main() -> None:
    """Write the table."""
    with ProcessPoolExecutor(2) as pool:
        found = [row for each in pool.map(rows, DESIGNS) for row in each]
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)


if __name__ == "__main__":
    main()

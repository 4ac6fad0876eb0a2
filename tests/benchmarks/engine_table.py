"""Print the README's table: what an event costs, tier by tier and path by path.

    python -m tests.benchmarks.engine_table 1e6

A row is one run on 10,000 symbols; the loop over statsmodels is timed in the same process, on 200 events.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
import statsmodels.api as sm

from eventstudy.execution import Engine
from eventstudy.panels import ReturnPanel
from eventstudy.returns import Aligned
from tests.benchmarks.panels import made_up_panel, made_up_places
from tests.benchmarks.tiers import TIERS, run_tier


def statsmodels_microseconds(panel: ReturnPanel, aligned: Aligned) -> float:
    """Return what an event costs in a plain loop: estimate, forecast the event window with its standard errors."""
    began = time.process_time()
    for code, day0 in zip(aligned.code, aligned.day0, strict=True):
        symbols = np.array([code, 0])
        y, x = panel.window(symbols, np.array([day0 - 260] * 2), 250)
        _, ahead = panel.window(symbols, np.array([day0 - 10] * 2), 21)
        sm.OLS(y, sm.add_constant(x)).fit().get_prediction(sm.add_constant(ahead, has_constant="add")).summary_frame()
    return (time.process_time() - began) / len(aligned) * 1e6


def main(events: int) -> None:
    """Print the table."""
    panel = made_up_panel(10_000, 15_000)
    few, many = made_up_places(panel, 200), made_up_places(panel, events)
    reference = statsmodels_microseconds(panel, few)
    print(f"statsmodels, a loop: {reference:,.0f} us an event\n")
    print("| tier | path | engine | wall, s | CPU, us an event | times a loop over statsmodels | peak memory, GiB |")
    print("|---|---|---|---|---|---|---|")
    for tier in TIERS:
        for path, engine in (("numpy", "serial"), ("compiled", "serial"), ("compiled", "threads")):
            how = Engine(name=engine, path=path, workers=2 if engine == "threads" else None)
            run_tier(tier, few, panel, how)
            wall, cpu = time.perf_counter(), time.process_time()
            run_tier(tier, many, panel, how)
            wall, cpu = time.perf_counter() - wall, (time.process_time() - cpu) / events * 1e6
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            ratio = f"{reference / cpu:,.0f}"
            print(f"| {tier} | {path} | {engine} | {wall:.1f} | {cpu:.1f} | {ratio} | {peak:.1f} |", flush=True)


if __name__ == "__main__":
    main(int(float(sys.argv[1])))

"""Print the README's table: what an event costs, tier by tier and path by path.

    python -m tests.benchmarks.engine_table 1e6 --peer OTHER_ENVIRONMENT/bin/python

A row is one run on 10,000 symbols of 15,000 sessions. Beside it, in the same run: a loop over statsmodels on 200
events; the package ``eventstudy`` of the package index on the same events, in an environment of its own; and what this
machine's memory takes to move the bytes that must be moved.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import statsmodels.api as sm

from eventstudy.execution import Engine
from eventstudy.panels import ReturnPanel
from eventstudy.returns import Aligned
from tests.benchmarks.panels import made_up_panel, made_up_places
from tests.benchmarks.tiers import TIERS, run_tier

PEER = """
import sys, time
import numpy as np
from eventstudy import Single, models
held = np.load(sys.argv[1])
began = time.process_time()
for y, x in zip(held["y"], held["x"]):
    Single(models.market_model, {"security_returns": y, "market_returns": x}, event_window=(-10, 10),
           estimation_size=250, buffer_size=0)
print((time.process_time() - began) / len(held["y"]) * 1e6)
"""


def stretches(panel: ReturnPanel, aligned: Aligned) -> tuple[np.ndarray, np.ndarray]:
    """Return each event's returns and the market's, 250 sessions of estimation and 21 of the event window."""
    first = aligned.day0 - 260
    return panel.window(aligned.code, first, 271), panel.window(np.zeros_like(aligned.code), first, 271)


def statsmodels_microseconds(panel: ReturnPanel, aligned: Aligned) -> float:
    """Return what an event costs in a plain loop: estimate, forecast the event window with its standard errors."""
    began = time.process_time()
    for y, x in zip(*stretches(panel, aligned), strict=True):
        fit = sm.OLS(y[:250], sm.add_constant(x[:250])).fit()
        fit.get_prediction(sm.add_constant(x[250:], has_constant="add")).summary_frame()
    return (time.process_time() - began) / len(aligned) * 1e6


def peer_microseconds(python: str, panel: ReturnPanel, aligned: Aligned) -> float:
    """Return what an event costs the other package: the same estimate, its own variance, no test across events."""
    with tempfile.TemporaryDirectory() as folder:
        held = Path(folder) / "events.npz"
        y, x = stretches(panel, aligned)
        np.savez(held, y=y, x=x)
        done = subprocess.run([python, "-c", PEER, str(held)], capture_output=True, text=True, check=True, cwd=folder)
    return float(done.stdout)


def bandwidth() -> float:
    """Return the bytes that a triad over large arrays moves in a second, on one core."""
    a, b, c = (np.ones(10_000_000) for _ in range(3))
    best = np.inf
    for _ in range(5):
        began = time.perf_counter()
        np.multiply(b, 3.0, out=a)
        np.add(a, c, out=a)
        best = min(best, time.perf_counter() - began)
    return 5 * a.nbytes / best


def moved_bytes(panel: ReturnPanel, aligned: Aligned) -> float:
    """Return the bytes an event can't do without: its share of the panel, abnormal returns and their errors."""
    return panel.values.nbytes / len(aligned) + 16 + 2 * 8 * len(aligned.windows.days)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", type=lambda text: int(float(text)))
    parser.add_argument("--peer", help="Python of an environment with the other package")
    asked = parser.parse_args(arguments)
    panel = made_up_panel(10_000, 15_000)
    few, many = made_up_places(panel, 200), made_up_places(panel, asked.events)
    reference, floor = statsmodels_microseconds(panel, few), moved_bytes(panel, many) / bandwidth() * 1e6
    print(f"a loop over statsmodels: {reference:,.0f} us an event; memory: {floor:.3f} us an event")
    peer = peer_microseconds(asked.peer, panel, few) if asked.peer else float("nan")
    print(f"the package of the index: {peer:,.0f} us an event\n")
    print(
        "| tier | path | engine | wall, s | CPU, us an event | a loop over statsmodels | the other package | memory |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for tier in TIERS:
        for path, engine in (("numpy", "serial"), ("compiled", "serial"), ("compiled", "threads")):
            how = Engine(name=engine, path=path, workers=2 if engine == "threads" else None)
            run_tier(tier, few, panel, how)
            wall, cpu = time.perf_counter(), time.process_time()
            run_tier(tier, many, panel, how)
            wall, cpu = time.perf_counter() - wall, (time.process_time() - cpu) / asked.events * 1e6
            ratios = f"{reference / cpu:,.0f} | {peer / cpu:,.0f} | {cpu / floor:.0f}"
            print(f"| {tier} | {path} | {engine} | {wall:.1f} | {cpu:.2f} | {ratios} |", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\npeak memory of the process: {peak:.2f} GiB, of which the panel {panel.values.nbytes / 2**30:.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Print the README's tables: what an event costs, tier by tier and path by path, and by how many events there are.

    python -m tests.benchmarks.engine_table 1e6 --peer OTHER_ENVIRONMENT/bin/python
    python -m tests.benchmarks.engine_table 1e6 --whole
    python -m tests.benchmarks.engine_table 1e4 1e5 1e6 1e7

A row is the median of three runs on 10,000 symbols of 15,000 sessions, in a process of its own, after one on 200
events. One symbol in five lacks one return in a hundred, so that 18% of estimation windows have gaps; with ``--whole``
none has. Beside it, with a single number of events, and measured anew for each row: two loops over statsmodels on 200
events without gaps, one with pandas as most people write it and one on arrays; the package ``eventstudy`` of the
package index on the same events, in an environment of its own; and what this machine's memory takes to move the bytes
that must be moved, on as many cores. What two loops take in the first cache, before and after, tells how fast the
machine itself is. Peaks are of processes that never load statsmodels.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from eventstudy.execution import Engine
from eventstudy.panels import ReturnPanel
from eventstudy.returns import Aligned
from tests.benchmarks.panels import made_up_panel, made_up_places
from tests.benchmarks.tiers import TIERS, run_tier

SYMBOLS, SESSIONS, RUNS = 10_000, 15_000, 3
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


PATHS = (("numpy", "serial"), ("compiled", "serial"), ("compiled", "threads"))


def stretches(panel: ReturnPanel, aligned: Aligned) -> tuple[np.ndarray, np.ndarray]:
    """Return each event's returns and the market's, 250 sessions of estimation and 21 of the event window."""
    first = aligned.day0 - 260
    return panel.window(aligned.code, first, 271), panel.window(np.zeros_like(aligned.code), first, 271)


def arrays_microseconds(panel: ReturnPanel, aligned: Aligned) -> float:
    """Return what an event costs in a plain loop: estimate, forecast the event window with its standard errors."""
    import statsmodels.api as sm

    began = time.process_time()
    for y, x in zip(*stretches(panel, aligned), strict=True):
        fit = sm.OLS(y[:250], sm.add_constant(x[:250])).fit()
        fit.get_prediction(sm.add_constant(x[250:], has_constant="add")).summary_frame()
    return (time.process_time() - began) / len(aligned) * 1e6


def pandas_microseconds(panel: ReturnPanel, aligned: Aligned) -> float:
    """Return what it costs where each event is cut out of a table of dated returns, and aligned with the market."""
    import pandas as pd
    import statsmodels.api as sm

    listing = panel.listing
    market = pd.Series(panel.values[: listing.lengths[0]], listing.dates()[: listing.lengths[0]], name="market")
    ends = np.concatenate([[0], np.cumsum(listing.lengths)])
    held = {
        code: pd.Series(panel.values[ends[code] : ends[code + 1]], listing.dates()[ends[code] : ends[code + 1]])
        for code in np.unique(aligned.code).tolist()
    }
    began = time.process_time()
    for code, date in zip(aligned.code.tolist(), aligned.dates(listing), strict=True):
        both = pd.concat([held[code].rename("firm"), market], axis=1, join="inner").dropna()
        day0 = both.index.get_loc(date)
        before, around = both.iloc[day0 - 260 : day0 - 10], both.iloc[day0 - 10 : day0 + 11]
        fit = sm.OLS(before["firm"], sm.add_constant(before["market"])).fit()
        expected = fit.get_prediction(sm.add_constant(around["market"])).summary_frame()
        ar = around["firm"] - expected["mean"]
        _ = ar.sum(), ar / expected["obs_ci_upper"]
    return (time.process_time() - began) / len(aligned) * 1e6


def peer_microseconds(python: str, panel: ReturnPanel, aligned: Aligned) -> float:
    """Return what an event costs the other package: the same estimate, its own variance, no test across events."""
    with tempfile.TemporaryDirectory() as folder:
        held = Path(folder) / "events.npz"
        y, x = stretches(panel, aligned)
        np.savez(held, y=y, x=x)
        done = subprocess.run([python, "-c", PEER, str(held)], capture_output=True, text=True, check=True, cwd=folder)
    return float(done.stdout)


def bandwidth(threads: int) -> float:
    """Return the bytes that a triad over large arrays moves in a second, on that many cores.

    What is written is counted twice where it was not read, since the cache fetches it first.
    """
    each = [tuple(np.ones(10_000_000 // threads) for _ in range(3)) for _ in range(threads)]

    def triad(arrays: tuple[np.ndarray, ...]) -> int:
        a, b, c = arrays
        np.multiply(b, 3.0, out=a)
        np.add(a, c, out=a)
        return 6 * a.nbytes

    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(5):
            began = time.perf_counter()
            moved = sum(pool.map(triad, each))
            best = max(best, moved / (time.perf_counter() - began))
    return best


def first_cache() -> tuple[float, float]:
    """Return the nanoseconds of a dot product and of a pass over residuals, 250 numbers that stay in the first cache.

    PERFORMANCE.md 2 has them of the machine that its aims were measured on: 37 and 66.
    """
    from numba import njit

    fast = {"reassoc", "contract", "nsz"}

    @njit(fastmath=fast)  # type: ignore[untyped-decorator]
    def products(y: np.ndarray, x: np.ndarray, times: int) -> float:
        total = 0.0
        for _ in range(times):
            dot = 0.0
            for day in range(len(y)):
                dot += y[day] * x[day]
            total += dot
            # What depends on the last product can't be taken out of the loop.
            x[0] = total * 1e-300
        return total

    @njit(fastmath=fast)  # type: ignore[untyped-decorator]
    def residuals(y: np.ndarray, x: np.ndarray, kept: np.ndarray, times: int) -> float:
        total, alpha = 0.0, 0.0
        for _ in range(times):
            squares, positive = 0.0, 0
            for day in range(len(y)):
                residual = y[day] - alpha - 0.9 * x[day]
                kept[day] = residual
                squares += residual * residual
                positive += residual > 0
            total += squares + positive
            alpha = total * 1e-300
        return total

    y, x = np.random.default_rng(0).normal(size=(2, 250))
    kept, times = np.empty(250), 200_000
    found = []
    for loop, arrays in ((products, (y, x)), (residuals, (y, x, kept))):
        loop(*arrays, 1)
        seconds = []
        for _ in range(5):
            began = time.perf_counter()
            loop(*arrays, times)
            seconds.append(time.perf_counter() - began)
        found.append(min(seconds) / times * 1e9)
    return found[0], found[1]


def moved_bytes(panel: ReturnPanel, aligned: Aligned) -> float:
    """Return the bytes an event can't do without: its share of the panel, its place, and twice what is kept of it.

    Kept are abnormal returns and their errors, seven numbers of the estimation, and each window's CAR and its error.
    """
    windows = aligned.windows
    kept = 2 * len(windows.days) + 7 + 2 * len(windows.reported)
    return panel.values.nbytes / len(aligned) + 16 + 2 * 8 * kept


def loops(panel: ReturnPanel, few: Aligned) -> np.ndarray:
    """Return what an event costs in the two loops."""
    return np.array([pandas_microseconds(panel, few), arrays_microseconds(panel, few)])


def measure(tier: str, path: str, engine: str, events: int, *, gaps: bool, beside: bool) -> None:
    """Print the medians of wall seconds and processor microseconds an event of some runs, and the peak in GiB.

    After them, where they are asked for, what an event costs in the two loops, run before and after: a machine is not
    always as fast.
    """
    panel = made_up_panel(SYMBOLS, SESSIONS, gaps=gaps)
    few, many = made_up_places(panel, 200), made_up_places(panel, events)
    how = Engine(name=engine, path=path, workers=2 if engine == "threads" else None)
    run_tier(tier, few, panel, how)
    whole = made_up_panel(SYMBOLS, SESSIONS) if beside else panel
    cost = loops(whole, few) if beside else np.full(2, np.nan)
    found = []
    for _ in range(RUNS):
        wall, cpu = time.perf_counter(), time.process_time()
        run_tier(tier, many, panel, how)
        found.append((time.perf_counter() - wall, (time.process_time() - cpu) / events * 1e6))
    if beside:
        cost = (cost + loops(whole, few)) / 2
    wall, cpu = np.median(found, axis=0)
    print(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, *cost)


def measured(tier: str, path: str, engine: str, events: int, *, gaps: bool, beside: bool = False) -> list[float]:
    """Return the same of a process of its own."""
    command = [sys.executable, "-m", __spec__.name, str(events), "--measure", tier, path, engine, str(int(beside))]
    command += [] if gaps else ["--whole"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]


def by_tier(events: int, python: str | None, *, gaps: bool) -> None:
    """Print the table of tiers and paths."""
    panel = made_up_panel(SYMBOLS, SESSIONS)
    few, bytes_moved = made_up_places(panel, 200), moved_bytes(panel, made_up_places(panel, events))
    caches = [first_cache()]
    print(
        "| tier | path | engine | wall, s | CPU, us an event | peak, GiB "
        "| statsmodels with pandas | statsmodels on arrays | the other package | memory |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    others = []
    for tier in TIERS:
        for path, engine in PATHS:
            peer = peer_microseconds(python, panel, few) if python else float("nan")
            floor = bytes_moved / bandwidth(2 if engine == "threads" else 1) * 1e6
            wall, cpu, _, usual, lean = measured(tier, path, engine, events, gaps=gaps, beside=True)
            *_, peak = measured(tier, path, engine, events, gaps=gaps)[:3]
            others.append((usual, lean, peer, floor))
            ratios = f"{usual / cpu:,.0f} | {lean / cpu:,.0f} | {peer / cpu:,.0f} | {wall / events * 1e6 / floor:.0f}"
            print(f"| {tier} | {path} | {engine} | {wall:.1f} | {cpu:.2f} | {peak:.2f} | {ratios} |", flush=True)
    names = ("statsmodels with pandas", "statsmodels on arrays", "the other package", "memory")
    for name, least, most in zip(names, np.min(others, axis=0), np.max(others, axis=0), strict=True):
        print(f"{name}: {least:,.3g} to {most:,.3g} us an event")
    for name, nanoseconds in zip(("dot product", "residuals"), np.transpose([*caches, first_cache()]), strict=True):
        print(f"{name} of 250 in the first cache: {nanoseconds.min():.0f} to {nanoseconds.max():.0f} ns")


def by_events(sizes: Sequence[int], *, gaps: bool) -> None:
    """Print the table of sizes: T3 on the compiled path, on one core."""
    print("| events | wall, s | CPU, us an event | peak, GiB |\n|---|---|---|---|")
    for events in sizes:
        wall, cpu, peak, *_ = measured("T3", "compiled", "serial", events, gaps=gaps)
        print(f"| {events:,} | {wall:.2f} | {cpu:.2f} | {peak:.2f} |", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", type=lambda text: int(float(text)), nargs="+")
    parser.add_argument("--peer", help="Python of an environment with the other package")
    parser.add_argument("--whole", action="store_true", help="no symbol lacks a return")
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.measure:
        *how, beside = asked.measure
        measure(*how, asked.events[0], gaps=not asked.whole, beside=beside == "1")
    elif len(asked.events) > 1:
        by_events(asked.events, gaps=not asked.whole)
    else:
        by_tier(asked.events[0], asked.peer, gaps=not asked.whole)


if __name__ == "__main__":
    main(sys.argv[1:])

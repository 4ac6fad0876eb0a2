"""Frames of a study, made by hand.

Real, from the sample: the six events, their prices and ladders, and of the four kept ones the day-0 returns,
alpha, beta, sigma and abnormal returns of the two market models (statsmodels OLS on the sample).
MADE UP, by a seeded generator: every other day, the market_adjusted model, standings, quotes of other events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import eventstudy as es
from eventstudy.backtest import Trials
from eventstudy.config import load
from eventstudy.config.trading import trade
from eventstudy.reports import html
from eventstudy.reports.base import Results
from eventstudy.simulation.power import Rejections, Simulation
from tests.reports.chromium import Browser, Tab, find

ROOT = Path(__file__).parents[2]
FOCUS = "BABA-2024Q4"
DAYS = range(-10, 11)
WINDOWS = {"reaction": (0, 1), "drift": (2, 10), "event": (-10, 10)}

EVENTS = [
    ("BABA-2024Q1", None, "2024-05-14", "dropped", "too_few_estimation_days", "27 of 120 estimation returns"),
    (
        "BABA-2024Q2",
        "2024-08-15T10:30:00Z",
        "2024-08-15",
        "dropped",
        "too_few_estimation_days",
        "91 of 120 estimation returns",
    ),
    ("BABA-2024Q3", None, "2024-11-15", "ok", None, None),
    ("BABA-2024Q4", "2025-02-20T10:36:00Z", "2025-02-20", "ok", None, None),
    ("BABA-2025Q1", None, "2025-05-15", "ok", None, None),
    ("BABA-2025Q2", None, "2025-08-29", "ok", None, None),
]
SURPRISES = {"BABA-2024Q2": 24.27 / 30.4 - 1, "BABA-2024Q4": 48.95 / 40.6 - 1}

# event, model: n, alpha, beta, sigma, r_squared, actual and abnormal return on day 0, standard error
DAY_ZERO: dict[tuple[str, str], tuple[int, float, float, float, float, float, float, float]] = {
    ("BABA-2024Q3", "market"): (156, 0.001697, 0.789639, 0.023006, 0.0716, -0.02197, -0.013553, 0.023285),
    ("BABA-2024Q4", "market"): (200, 0.00168, 0.710808, 0.023959, 0.0565, 0.080929, 0.082206, 0.024042),
    ("BABA-2025Q1", "market"): (200, 0.002418, 0.727671, 0.028716, 0.1102, -0.075718, -0.08169, 0.028796),
    ("BABA-2025Q2", "market"): (200, 0.001218, 0.735543, 0.027956, 0.1119, 0.129046, 0.132214, 0.028043),
    ("BABA-2024Q3", "market:KWEB"): (156, 0.001018, 0.82911, 0.011575, 0.765, -0.02197, -0.029338, 0.011615),
    ("BABA-2024Q4", "market:KWEB"): (200, 0.001052, 0.823371, 0.012373, 0.7484, 0.080929, 0.065518, 0.012416),
    ("BABA-2025Q1", "market:KWEB"): (200, 0.001451, 0.934537, 0.014915, 0.76, -0.075718, -0.052492, 0.014987),
    ("BABA-2025Q2", "market:KWEB"): (200, 0.000462, 1.087042, 0.014862, 0.749, 0.129046, 0.109759, 0.014917),
    ("BABA-2024Q3", "market_adjusted"): (156, np.nan, np.nan, 0.023, np.nan, -0.02197, -0.009162, 0.023),
    ("BABA-2024Q4", "market_adjusted"): (200, np.nan, np.nan, 0.024, np.nan, 0.080929, 0.085089, 0.024),
    ("BABA-2025Q1", "market_adjusted"): (200, np.nan, np.nan, 0.0288, np.nan, -0.075718, -0.080602, 0.0288),
    ("BABA-2025Q2", "market_adjusted"): (200, np.nan, np.nan, 0.028, np.nan, 0.129046, 0.13501, 0.028),
}
KEPT = ["BABA-2024Q3", "BABA-2024Q4", "BABA-2025Q1", "BABA-2025Q2"]
MODELS = ["market", "market:KWEB", "market_adjusted"]

# event: previous close, quoted premarket move, open, high, low, closes of day 0 to day 5
LADDERS: dict[str, tuple[float, float | None, float, float, float, list[float]]] = {
    "BABA-2024Q1": (84.6, -0.05, 79.65, 80.51, 77.72, [79.51, 80.99, 86.7, 88.54, 88.28, 86.13]),
    "BABA-2024Q2": (79.47, None, 77.9, 81.88, 77.74, [79.54, 83.18, 83.91, 81.04, 83.53, 82.96]),
    "BABA-2024Q3": (90.58, None, 90.2, 90.7, 87.23, [88.59, 89.35, 87.11, 86.77, 85.58, 83.13]),
    "BABA-2024Q4": (125.79, 0.11, 137.81, 144.51, 131.41, [135.97, 143.75, 129.04, 134.01, 139.08, 136.55]),
    "BABA-2025Q1": (134.05, None, 126.24, 126.32, 122.65, [123.9, 123.46, 122.96, 125.16, 123.59, 121.48]),
    "BABA-2025Q2": (119.57, None, 128.88, 136.65, 128.51, [135.0, 138.55, 136.45, 130.92]),
}


@pytest.fixture(scope="session")
def results() -> Results:
    return _make_results()


@pytest.fixture(scope="session")
def make_results() -> Callable[..., Results]:
    """Return the maker, for a study without a focus or one that was never touched before."""
    return _make_results


@pytest.fixture(scope="session")
def page(results: Results) -> str:
    """Return the page of the study by itself, with no files beside it."""
    return html.page(results)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every picture of a page, with its words, and draw nothing in it: that takes most of a page's time."""
    monkeypatch.setattr("eventstudy.reports.style.to_svg", lambda _: '<svg width="1" height="1"></svg>\n')


@pytest.fixture
def few_events_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the pictures of a few events of a page, since those of the others are of the same kinds."""
    monkeypatch.setattr("eventstudy.reports.sections.MOST_PICTURES", 1)
    monkeypatch.setattr("eventstudy.reports.sections.MOST_PATHS", 1)


@pytest.fixture(scope="session")
def pages(results: Results, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Callable[[], str]]:
    """Return a maker for every kind of page, each made once."""
    folder = tmp_path_factory.mktemp("pages")

    def backtest() -> str:
        config = ROOT / "configs" / "backtest_alibaba.yaml"
        return _read(trade(load(config, ()), Trials()).to_html(folder / "backtest.html"))

    def reaction() -> str:
        return _read(es.reaction("BABA", "2025-02-20").to_html(folder / "reaction.html"))

    def simulation() -> str:
        return _read(simulated().to_html(folder / "simulation.html"))

    def report() -> str:
        return html.page(with_paths(results), beside_files=True)

    return {
        "report": cache(report),
        "reaction": cache(reaction),
        "backtest": cache(backtest),
        "simulation": cache(simulation),
    }


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = find()
    if found is None:
        pytest.skip("no Chromium is installed (.ci/run installs it where it may)")
    with Browser(found) as started:
        yield started


@pytest.fixture(scope="session")
def tabs(browser: Browser, pages: dict[str, Callable[[], str]]) -> dict[str, Callable[[], Tab]]:
    """Return for every kind of page what opens it once, for looks that leave it as it is."""
    return {name: cache(partial(_opened, browser, make)) for name, make in pages.items()}


def _opened(browser: Browser, make: Callable[[], str]) -> Tab:
    return browser.open(make())


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def simulated() -> Simulation:
    """Return made up rates of twelve tests under two models, some of which do not hold their level."""
    tests = ("t", "cross_sectional", "patell", "bmp", "kolari_pynnonen", "rank", "sign", "generalized_sign", "wilcoxon")
    rows = tuple(
        Rejections(model, window, test, "default", "two-sided", effect, level, 500 - lost, lost, round(rate, 3))
        for model in ("market", "market:KWEB")
        for window in ("day0", "reaction")
        for place, test in enumerate(tests)
        for lost in [3 if test == "rank" else 0]
        for effect in (0.0, 0.005, 0.01, 0.02)
        for level in (0.01, 0.05, 0.10)
        for rate in [
            min(1.0, level * (0.8 + 0.1 * place) + (1 - level) * (1 - np.exp(-(((70 + 9 * place) * effect) ** 2))))
        ]
    )
    return Simulation(500, 50, common_date=False, rows=rows)


def with_paths(results: Results) -> Results:
    """Return the study with the days of two events in bars of five minutes, MADE UP between their real closes."""
    parts = [_path(event_id) for event_id in (FOCUS, "BABA-2025Q2")]
    return Results(results.summary, {**results.tables, "paths": pd.concat(parts, ignore_index=True)})


def of_one_reaction(results: Results) -> Results:
    """Return the focus event and its reaction without abnormal returns, of which a page is soon drawn."""
    kept = ("events", "reactions", "paths")
    frames = {
        name: frame[frame["event_id"] == FOCUS] if name in kept else frame.head(0)
        for name, frame in results.tables.items()
    }
    return Results(results.summary, frames)


def _path(event_id: str) -> pd.DataFrame:
    base, _, first, _, _, closes = LADDERS[event_id]
    (day0,) = [each[2] for each in EVENTS if each[0] == event_id]
    (news,) = [each[1] for each in EVENTS if each[0] == event_id]
    open_ = pd.Timestamp(f"{day0} 09:30", tz="America/New_York").tz_convert("UTC")
    close, before = open_ + pd.Timedelta(hours=6.5), open_ - pd.Timedelta(hours=17.5)
    early = [(before + pd.Timedelta(hours=1), "after_hours"), (open_ - pd.Timedelta(hours=2), "premarket")]
    day = [(open_ + pd.Timedelta(minutes=5 * place), "session") for place in range(1, 79)]
    noise = np.random.default_rng(20250220).normal(0, 0.002, 78)
    prices = first + (closes[0] - first) * np.arange(1, 79) / 78 + first * noise
    prices[-1] = closes[0]
    frame = pd.DataFrame([*early, *day], columns=["time", "segment"])
    frame["time"] = frame["time"].astype("datetime64[s, UTC]")
    edges = {"close_before": before, "open": open_, "close": close, "news": pd.Timestamp(news) if news else pd.NaT}
    return frame.assign(
        event_id=event_id,
        move=np.array([base, (base + first) / 2, *prices]) / base - 1,
        benchmark=[np.nan, np.nan, *np.linspace(0.001, -0.004, 78)],
        **{name: pd.Series([at] * len(frame), dtype="datetime64[s, UTC]") for name, at in edges.items()},
        zone="America/New_York",
        benchmark_name="SPY",
    )[["event_id", "time", "segment", "move", "benchmark", *edges, "zone", "benchmark_name"]]


def _make_results(focus: str | None = FOCUS) -> Results:
    """Return the study; its headline is a placeholder, the words are tested on their own."""
    abnormal = _abnormal_returns()
    tables = {
        "events": _events(),
        "estimates": _estimates(),
        "abnormal_returns": abnormal,
        "cars": _cars(abnormal),
        "aar": _aar(abnormal),
        "reactions": _reactions(),
        "findings": pd.DataFrame(columns=["symbol", "date", "kind", "words"]),
    }
    tables["tests"] = _tests(tables["cars"])
    summary: dict[str, Any] = {
        "name": "alibaba-earnings",
        "headline": ["A headline for the test."],
        "counts": {"given": 6, "kept": 4, "dropped": {"too_few_estimation_days": 2}},
        "models": {model: {"caar": np.float64(0.01), "nothing": float("nan")} for model in MODELS},
        "focus": focus,
        "provenance": {
            "versions": {"eventstudy": "0.1.0", "numpy": "2.4.6"},
            "config": {"benchmark": "SPY", "windows": {"estimation": [-210, -11], "event": [-10, 10]}},
            "inputs": {"events": "sha256:" + "0a" * 32},
            "seed": 7,
        },
    }
    return Results(summary, tables)


def _events() -> pd.DataFrame:
    rows = [
        {
            "event_id": event_id,
            "symbol": "BABA",
            "announced_at": announced,
            "date": day,
            "timing": "before_open",
            "phase": "pre",
            "day0": day,
            "status": status,
            "reason": reason,
            "flags": "news_nearby" if event_id == FOCUS else None,
            "surprise": SURPRISES.get(event_id, np.nan),
            "surprise_sign": {True: "beat", False: "miss"}[SURPRISES[event_id] > 0]
            if event_id in SURPRISES
            else "unknown",
            "detail": detail,
        }
        for event_id, announced, day, status, reason, detail in EVENTS
    ]
    frame = pd.DataFrame(rows)
    frame["announced_at"] = pd.to_datetime(frame["announced_at"], utc=True)
    for column in ("date", "day0"):
        frame[column] = pd.to_datetime(frame[column])
    return frame


def _estimates() -> pd.DataFrame:
    rows = []
    for (event_id, model), (n, alpha, beta, sigma, r_squared, *_) in DAY_ZERO.items():
        dof = n - 1 if model == "market_adjusted" else n - 2
        rows.append((event_id, model, n, dof, sigma, r_squared, alpha, beta, None, None))
    columns = ["event_id", "model", "n_obs", "dof", "sigma", "r_squared", "alpha", "beta", "reason", "detail"]
    return pd.DataFrame(rows, columns=columns)


def _abnormal_returns() -> pd.DataFrame:
    rng = np.random.default_rng(20250220)
    rows: list[tuple[Any, ...]] = []
    for (event_id, model), (*_, sigma, _r2, actual, abnormal, error) in DAY_ZERO.items():
        day_zero = {each[0]: each[2] for each in EVENTS}[event_id]
        noise = rng.normal(0, sigma / 2, len(DAYS))
        for day, noisy in zip(DAYS, noise, strict=True):
            ar = abnormal if day == 0 else noisy
            raw = actual if day == 0 else noisy + 0.001
            date = pd.Timestamp(day_zero) + pd.offsets.BDay(day)
            rows.append((event_id, model, day, date, raw, raw - ar, ar, error, ar / error))
    columns = ["event_id", "model", "day", "date", "actual", "expected", "abnormal", "std_error", "sar"]
    return pd.DataFrame(rows, columns=columns)


def _cars(abnormal: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (event_id, model), path in abnormal.groupby(["event_id", "model"], sort=False):
        dof = DAY_ZERO[event_id, model][0] - 2
        for window, (start, end) in WINDOWS.items():
            inside = path[path["day"].between(start, end)]
            car = float(inside["abnormal"].sum())
            error = float(inside["std_error"].iloc[0]) * np.sqrt(len(inside))
            t = car / error
            p = float(2 * stats.t.sf(abs(t), dof))
            rows.append((event_id, model, window, start, end, car, error, t, p, car * 1.01, None))
    columns = ["event_id", "model", "window", "start", "end", "car", "std_error", "t", "p_value", "bhar", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _aar(abnormal: pd.DataFrame) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for model, path in abnormal.groupby("model", sort=False):
        wide = path.pivot(index="day", columns="event_id", values="abnormal")
        total = wide.cumsum()
        for day in wide.index:
            aar, error = wide.loc[day].mean(), wide.loc[day].std() / 2
            caar, caar_error = total.loc[day].mean(), total.loc[day].std() / 2
            reach = stats.t.ppf(0.975, 3) * caar_error
            rows.append((model, "all", day, 4, aar, error, caar, caar_error, caar - reach, caar + reach))
    columns = ["model", "group", "day", "n", "aar", "std_error", "caar", "caar_std_error", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=columns)


def _tests(cars: pd.DataFrame) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for (model, window), part in cars.groupby(["model", "window"], sort=False):
        start, end = WINDOWS[str(window)]
        fixed = {"model": model, "group": "all", "window": window, "start": start, "end": end}
        for row in part.to_dict("records"):
            statistic = {"estimate": row["car"], "std_error": row["std_error"], "statistic": row["t"]}
            more = {"measure": "car", "test": "t", "event_id": row["event_id"], "n": 1, "df": 198}
            rows.append({**fixed, **more, **statistic, "p_value": row["p_value"]})
        for test, values, measure in (("cross_sectional", part["car"], "car"), ("bmp", part["t"], "scar")):
            error = values.std() / 2
            t = values.mean() / error
            more = {"measure": measure, "test": test, "event_id": None, "n": 4, "df": 3}
            figures = {"estimate": values.mean(), "std_error": error, "statistic": t}
            rows.append({**fixed, **more, **figures, "p_value": 2 * stats.t.sf(abs(t), 3)})
    frame = pd.DataFrame(rows)
    frame = frame.assign(
        convention="literature",
        alternative="two-sided",
        distribution=[f"t({df})" for df in frame["df"]],
        p_adjusted=np.nan,
        adjustment=None,
        reason=None,
        p_two_sided=frame["p_value"],
        p_greater=stats.t.sf(frame["statistic"], frame["df"]),
        p_less=stats.t.cdf(frame["statistic"], frame["df"]),
        df2=np.nan,
        note=["" if n == 1 else f"only {n} events" for n in frame["n"]],
    )
    order = [
        "model",
        "group",
        "window",
        "start",
        "end",
        "measure",
        "test",
        "event_id",
        "convention",
        "alternative",
        "n",
        "estimate",
        "std_error",
        "statistic",
        "distribution",
        "df",
        "p_value",
        "p_adjusted",
        "adjustment",
        "reason",
        "p_two_sided",
        "p_greater",
        "p_less",
        "df2",
        "note",
    ]
    return frame[order]


def _reactions() -> pd.DataFrame:
    rows = [row for event_id, ladder in LADDERS.items() for row in _ladder(event_id, *ladder)]
    order = [
        "event_id",
        "leg",
        "kind",
        "start",
        "end",
        "base_price",
        "price",
        "price_source",
        "raw",
        "raw_log",
        "expected",
        "abnormal",
        "reference",
        "n",
        "z",
        "percentile",
        "grade",
        "reason",
    ]
    return pd.DataFrame(rows)[order]


def _ladder(
    event_id: str,
    base: float,
    quote: float | None,
    first: float,
    high: float,
    low: float,
    closes: list[float],
) -> list[dict[str, Any]]:
    known = [] if quote is None else [("premarket", base * (1 + quote), "quoted", "no_benchmark_price")]
    known += [("open", first, "measured", "no_benchmark_price")]
    known += [(name, at, "measured", "no_benchmark_price") for name, at in (("high", high), ("low", low))]
    known += [("close", closes[0], "measured", "")]
    known += [(f"d{day}", close, "measured", "") for day, close in enumerate(closes[1:], start=1)]
    rows = [_rung(event_id, base, *rung) for rung in known]
    rows += [_rung(event_id, base, f"d{day}", np.nan, "measured", "not_yet") for day in range(len(closes), 6)]
    steps = [("gap", base, first), ("session", first, closes[0])]
    steps += [(f"d{day}", closes[day - 1], closes[day]) for day in range(1, len(closes))]
    for leg, before, after in steps:
        rows.append(_rung(event_id, before, leg, after, "measured", "") | {"kind": "leg", "base_price": base})
    return rows


def _rung(event_id: str, base: float, leg: str, price: float, source: str, reason: str) -> dict[str, Any]:
    raw = price / base - 1
    expected = np.nan if reason else -0.003
    return {
        "event_id": event_id,
        "leg": leg,
        "kind": "rung",
        "start": "previous close",
        "end": leg,
        "base_price": base,
        "price": price,
        "price_source": source,
        "raw": raw,
        "raw_log": np.log1p(raw),
        "expected": expected,
        "abnormal": raw - expected,
        "reference": "ordinary_days",
        "n": np.nan if np.isnan(price) else 208,
        "z": raw / 0.025,
        "percentile": 2 * stats.norm.cdf(abs(raw) / 0.025) - 1,
        "grade": None,
        "reason": reason or None,
    }

"""A study as a block of fixed width, in the manner of statsmodels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstudy.reports.display import clean, count, date, days, p_value, percent, reason, share, t_value
from eventstudy.reports.effects import Effect, event_effects, mean_effects

if TYPE_CHECKING:
    from eventstudy.reports.base import Results

__all__ = ["summary_text"]

WIDTH = 91
LABEL = 24


def summary_text(results: Results) -> str:
    """Return the study as text of fixed width: facts in two columns, then the focus event, then the mean.

    Parameters
    ----------
    results : Results
        What to show.
    """
    frames, focus = results.tables, results.focus
    lines = [f"Event study: {clean(results.summary['name'])}".center(WIDTH).rstrip(), "=" * WIDTH]
    lines += _facts(results)
    lines.append("=" * WIDTH)
    if focus:
        lines += _block(f"{clean(focus)}: abnormal returns (single-event t)", event_effects(frames, focus))
    means = mean_effects(frames)
    if means:
        most = max(each.n for each in means)
        lines += _block(f"Mean of {count(most)} event{'' if most == 1 else 's'} (cross-sectional t)", means)
    lines += _dropped(results)
    return "\n".join(lines) + "\n"


def _facts(results: Results) -> list[str]:
    events, cars = results.tables["events"], results.tables["cars"]
    kept = events[events["status"] == "ok"]
    models = [clean(model) for model in results.tables["estimates"]["model"].unique()]
    tests = [clean(test) for test in results.tables["tests"]["test"].unique()]
    path = results.tables["aar"]["day"]
    left = [
        ("Events given", count(len(events))),
        ("Events kept", count(len(kept))),
        ("Events dropped", count(len(events) - len(kept))),
        ("Symbols", count(kept["symbol"].nunique())),
    ]
    right = [
        ("First day 0", date(kept["day0"].min())),
        ("Last day 0", date(kept["day0"].max())),
        ("Event window", days(path.min(), path.max()) if len(path) else ""),
        ("Windows", count(cars["window"].nunique())),
    ]
    half = WIDTH // 2 - 1
    lines = [f"{_fact(one, half)}  {_fact(other, half)}" for one, other in zip(left, right, strict=True)]
    return [*lines, f"{'Models:':<{LABEL}}{', '.join(models)}", f"{'Tests:':<{LABEL}}{', '.join(tests)}"]


def _fact(fact: tuple[str, str], width: int) -> str:
    label, value = fact
    return f"{label + ':':<{LABEL}}{value:>{width - LABEL}}"


def _block(title: str, effects: list[Effect]) -> list[str]:
    head = ("", "sessions", "coef", "std err", "t", "P>|t|", "[0.025", "0.975]")
    lines = [title, "-" * WIDTH, _line(head), "-" * WIDTH]
    for each in effects:
        name = f"{clean(each.model)} {clean(each.window)}"
        cells = (
            name,
            days(each.start, each.end),
            percent(each.value),
            share(each.std_error, 2),
            t_value(each.statistic),
            p_value(each.p_value),
            percent(each.low),
            percent(each.high),
        )
        why = reason(each.reason)
        lines.append(_line(cells) + (f"  {why}" if why else ""))
    return [*lines, "=" * WIDTH]


def _line(cells: tuple[str, ...]) -> str:
    sizes = (12, 9, 9, 8, 9, 9, 9)
    first = cells[0] if len(cells[0]) <= 26 else cells[0][:25] + "\N{HORIZONTAL ELLIPSIS}"
    return f"{first:<26}" + "".join(f"{cell:>{size}}" for cell, size in zip(cells[1:], sizes, strict=True))


def _dropped(results: Results) -> list[str]:
    events = results.tables["events"]
    lost = events[events["status"] == "dropped"]
    return [
        f"Dropped: {clean(event_id)}, {reason(code, detail)}."
        for event_id, code, detail in zip(lost["event_id"], lost["reason"], lost["detail"], strict=True)
    ]

"""Size and power for people: sentences and display tables made of rejection rates, each with its Monte-Carlo error.

The rules
---------
1. Size: where nothing was put on day 0, a test holds its level if its rate lies inside 2.58 binomial standard errors of
   it (METHODS 9.1). Of many tests about one in a hundred falls outside by luck, and the sentence says so.
2. Power: of the tests that do not reject too often, the least effect that one of them finds in 80% of the samples or
   more (Cohen 1988), the lower end of its 95% interval included; tests whose intervals overlap are not told apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eventstudy.reports.contract import is_missing
from eventstudy.reports.display import Column, DisplayTable, clean, count, percent, share, table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["chosen_level", "name_of_test", "power_table", "sentences", "share_interval", "size_table"]

LEVEL = 0.05
ENOUGH = 0.80
MOST_NAMES = 4
BRACKETS = "In brackets the 95% interval of a rate, for so many samples (Wilson)."
Row = Mapping[Any, Any]
WHICH = ["model", "window", "test", "convention", "alternative"]


def share_interval(rate: float, samples: float) -> tuple[float, float]:
    """Return the 95% interval of a share of samples (Wilson 1927); it keeps a width where the share is 0 or 1.

    Parameters
    ----------
    rate : float
        Share of the samples, a decimal; NaN gives NaN.
    samples : float
        How many there were.

    Examples
    --------
    >>> low, high = share_interval(0.05, 1000)
    >>> round(low, 4), round(high, 4)
    (0.0381, 0.0653)
    """
    if is_missing(rate) or not samples:
        return float("nan"), float("nan")
    from scipy.stats import binomtest

    found = binomtest(round(rate * samples), int(samples)).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)


def name_of_test(test: object, convention: object, alternative: object) -> str:
    """Return a test by its kind, its options and its side where these are not the default.

    Examples
    --------
    >>> name_of_test("bmp", "default", "two-sided"), name_of_test("bmp", "scar=patell_sum", "less")
    ('bmp', 'bmp (scar=patell_sum, less)')
    """
    said = [clean(each) for each in (convention, alternative) if each not in ("default", "two-sided")]
    return clean(test) + (f" ({', '.join(said)})" if said else "")


def chosen_level(rates: pd.DataFrame) -> float:
    """Return the level that the words speak of: 5%, or the nearest that was simulated."""
    return min(map(float, rates["level"].unique()), key=lambda each: (abs(each - LEVEL), each), default=LEVEL)


def sentences(rates: pd.DataFrame, samples: int, size: int, *, common_date: bool) -> list[str]:
    """Return what a simulation found, in sentences.

    Parameters
    ----------
    rates : DataFrame
        As ``Simulation.to_frame`` gives it: effect, level and rate in decimals; a missing rate had no p-value.
    samples, size : int
        Samples of each effect, and events in a sample.
    common_date : bool
        Whether the events of a sample had one date.
    """
    dates = "all of a sample on one date" if common_date else "on random dates"
    drawn = f"{count(samples)} samples of {count(size)} events that never were, {dates}, drawn from these prices."
    level = chosen_level(rates)
    rows = rates[rates["level"] == level]
    missing = rows.loc[rows["missing"] > 0, ["test", "missing"]].groupby("test", sort=False)["missing"].max()
    absent = [f"{clean(test)} (up to {count(number)})" for test, number in missing.items()]
    left = [f"Samples without a p-value are left out of the rates: {_listed(absent)}."] if absent else []
    return [drawn, *_size(rows, level), *_power(rows, level), *left]


def _size(rows: pd.DataFrame, level: float) -> list[str]:
    null = rows[(rows["effect"] == 0) & rows["rate"].notna()]
    at = _level(level)
    if null.empty:
        return [f"No rate without an effect was simulated at {at}, so how often the tests err is not known."]
    held = _verdicts(null)
    told = f"{count(held.count('holds'))} of {count(len(null))}"
    first = f"Size: where nothing happened, {told} tests reject as often as their level of {at} says, within "
    first += "Monte-Carlo error (2.58 standard errors)"
    for verdict in ("too often", "too seldom"):
        erring = null[[each == verdict for each in held]]
        worst = erring.iloc[(erring["rate"] - level).abs().argsort(kind="stable")[::-1]]
        names = [
            f"{_name(rows, row)} ({share(row['rate'])}, 95% interval {_interval(row)})"
            for row in worst.to_dict("records")
        ]
        first += f"; {verdict}: {_listed(names)}" if names else ""
    luck = " By luck alone about one test in a hundred falls outside." if len(null) > 1 else ""
    return [f"{first}.{luck}"]


def _power(rows: pd.DataFrame, level: float) -> list[str]:
    erring = rows[(rows["effect"] == 0) & (_series(rows) == "too often")]
    real = rows[(rows["effect"] != 0) & rows["rate"].notna()]
    keys = set(erring[WHICH].itertuples(index=False, name=None))
    real = real[[each not in keys for each in real[WHICH].itertuples(index=False, name=None)]]
    if real.empty:
        return []
    at = _level(level)
    for effect in sorted(real["effect"].unique(), key=abs):
        tried = real[real["effect"] == effect]
        best = _best(tried)
        if share_interval(best["rate"], best["samples"])[0] >= ENOUGH:
            found = f"Power: {percent(effect)} on day 0 is the least effect tried that a test finds in {ENOUGH:.0%} of "
            return [f"{found}the samples at {at}: {_told(rows, best)}{_beside(tried, best)}."]
    largest = real[real["effect"] == max(real["effect"], key=abs)]
    best = _best(largest)
    found = f"Power: no effect tried is surely found in {ENOUGH:.0%} of the samples at {at} by a test that does not "
    found += f"reject too often; of {percent(best['effect'])} the most is {_told(rows, best)}{_beside(largest, best)}."
    return [found]


def _best(rows: pd.DataFrame) -> Row:
    return rows.iloc[int(rows["rate"].argmax())].to_dict()


def _told(rows: pd.DataFrame, row: Row) -> str:
    return f"{_name(rows, row)} in {share(row['rate'])} (95% interval {_interval(row)})"


def _beside(rows: pd.DataFrame, best: Row) -> str:
    """Return how many others can't be told from the best one."""
    low = share_interval(best["rate"], best["samples"])[0]
    near = sum(share_interval(row["rate"], row["samples"])[1] >= low for row in rows.to_dict("records")) - 1
    if near <= 1:
        return "; 1 other test is not told apart from it" if near else ""
    return (
        "; 1 other test is not told apart from it" if near == 1 else f"; {near} other tests are not told apart from it"
    )


def size_table(rates: pd.DataFrame, samples: int) -> DisplayTable:
    """Return how often each test rejects a true null: a row a test, its rate and 95% interval at each level.

    Parameters
    ----------
    rates : DataFrame
        As ``Simulation.to_frame`` gives it; the rows with an effect of 0 are read.
    samples : int
        How many there were.
    """
    null = rates[rates["effect"] == 0].assign(verdict=_series(rates))
    levels = list(dict.fromkeys(null["level"]))
    rows = []
    for _, held in null.groupby(WHICH, sort=False):
        by_level = held.set_index("level")
        cells = [_cell(by_level.loc[level]) for level in levels]
        first = held.iloc[0]
        lost = count(first["missing"]) if first["missing"] else ""
        rows.append((*_which(first), _verdict(held), count(first["samples"]), lost, *cells))
    heads = [Column(f"at {_level(level)}") for level in levels]
    columns = [*_left("Test", "Model", "Window", "Size"), Column("p-values"), Column("Without"), *heads]
    return table(
        "Size: how often each test rejects where nothing happened",
        columns,
        rows,
        f"{BRACKETS} A size holds inside 2.58 binomial standard errors of its level.",
        _single(null, samples),
    ).without_empty()


def power_table(rates: pd.DataFrame, level: float) -> DisplayTable:
    """Return how often each test rejects at one level by the effect that is there, with 95% intervals.

    Parameters
    ----------
    rates : DataFrame
        As ``Simulation.to_frame`` gives it; the rows with an effect other than 0 are read.
    level : float
        Nominal size.
    """
    at = rates[rates["level"] == level].assign(verdict=_series(rates))
    effects = [effect for effect in dict.fromkeys(at["effect"]) if effect]
    rows = []
    for _, held in at.groupby(WHICH, sort=False):
        by_effect = held.set_index("effect")
        cells = [_cell(by_effect.loc[effect]) for effect in effects]
        null = held.loc[held["effect"] == 0, "verdict"]
        rows.append((*_which(held.iloc[0]), str(null.iloc[0]) if len(null) else "", *cells))
    heads = [Column(percent(effect)) for effect in effects]
    return table(
        f"Power at {_level(level)}: how often each test finds an abnormal return on day 0",
        [*_left("Test", "Model", "Window", "Size"), *heads],
        rows if effects else [],
        f"{BRACKETS} A test that rejects too often where nothing happened owes some of its power to that.",
    ).without_empty()


def _single(null: pd.DataFrame, samples: int) -> str:
    """Return what to know of tests that gave more p-values than there are samples, one an event."""
    several = list(dict.fromkeys(null.loc[null["samples"] + null["missing"] > samples, "test"]))
    if not several:
        return ""
    told = "counts each event of a sample as though they were independent; the true error is larger."
    return f"{_listed([clean(each) for each in several])} {told}"


def _cell(row: pd.Series) -> str:
    low, high = share_interval(row["rate"], row["samples"])
    return share(row["rate"]) if is_missing(low) else f"{share(row['rate'])} [{100 * low:.1f}, {100 * high:.1f}]"


def _interval(row: Row) -> str:
    low, high = share_interval(row["rate"], row["samples"])
    return f"{share(low)} to {share(high)}" if not is_missing(low) else ""


def _which(row: pd.Series) -> tuple[str, str, str]:
    return name_of_test(row["test"], row["convention"], row["alternative"]), clean(row["model"]), clean(row["window"])


def _name(rows: pd.DataFrame, row: Row) -> str:
    """Return a test by as much of its name as tells it from the others."""
    name = name_of_test(row["test"], row["convention"], row["alternative"])
    name += f" under {clean(row['model'])}" if rows["model"].nunique() > 1 else ""
    return name + (f" over {clean(row['window'])}" if rows["window"].nunique() > 1 else "")


def _series(rates: pd.DataFrame) -> pd.Series[str]:
    import pandas as pd

    return pd.Series(_verdicts(rates), index=rates.index, dtype="object")


def _verdicts(rates: pd.DataFrame) -> list[str]:
    return [
        "" if is_missing(holds) or is_missing(rate) else _word(bool(holds), rate, level)
        for holds, rate, level in zip(rates["holds"], rates["rate"], rates["level"], strict=True)
    ]


def _word(holds: bool, rate: float, level: float) -> str:
    return "holds" if holds else "too often" if rate > level else "too seldom"


def _verdict(held: pd.DataFrame) -> str:
    """Return how a test errs, and at which levels where it is not all of them."""
    found = {word: held.loc[held["verdict"] == word, "level"] for word in ("too often", "too seldom")}
    told = [
        word if len(levels) == len(held) else f"{word} at {_listed([_level(level) for level in levels])}"
        for word, levels in found.items()
        if len(levels)
    ]
    return "; ".join(told) or ("holds" if (held["verdict"] == "holds").any() else "no p-value")


def _level(level: float) -> str:
    return f"{100 * level:g}%"


def _left(*titles: str) -> list[Column]:
    return [Column(title, "left") for title in titles]


def _listed(parts: Sequence[str]) -> str:
    more = len(parts) - MOST_NAMES
    shown = [*parts[:MOST_NAMES], f"{more} more"] if more > 1 else list(parts)
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"

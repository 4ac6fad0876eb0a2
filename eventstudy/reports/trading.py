"""A backtest for people: sentences and display tables made of its plain measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eventstudy.reports.contract import is_missing
from eventstudy.reports.display import (
    MISSING,
    Column,
    DisplayTable,
    clean,
    count,
    date,
    interval,
    p_value,
    percent,
    price,
    share,
    t_value,
    table,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["audit_table", "honesty_tables", "sentences", "trading_tables"]

Plain = Mapping[str, Any]
MEASURES = {
    "total_return": "Total return",
    "annual_return": "Return a year",
    "volatility": "Volatility a year",
    "sharpe": "Sharpe ratio",
    "sharpe_autocorrelation": "Sharpe ratio, autocorrelation",
    "probabilistic_sharpe": "P(true Sharpe > 0)",
    "deflated_sharpe": "Deflated Sharpe (probability)",
    "sortino": "Sortino ratio",
    "max_drawdown": "Largest drawdown",
    "calmar": "Calmar ratio",
}
RATIOS = ("sharpe", "sharpe_autocorrelation", "sortino", "calmar")
SHARES = ("probabilistic_sharpe", "deflated_sharpe")
STATUS_TITLES = {"given": "Events given"}
NO_REASON = ("given", "filled", "partly_filled", "extended")


def sentences(performance: Plain) -> list[str]:
    """Return what a backtest came to, in sentences."""
    net, trades = performance["net"], performance["trades"]
    if not trades:
        became = {name: number for name, number in performance["orders"].items() if name not in NO_REASON and number}
        told = ", ".join(f"{name.replace('_', ' ')}: {number}" for name, number in became.items())
        return [f"None of {performance['orders']['given']} events was traded{f' ({told})' if told else ''}."]
    sharpe = net["sharpe"]
    per_trade = performance["per_trade"]["net_return"]
    variants = performance["trials"]["count"]
    tried = f"{count(variants)} variant{'' if variants == 1 else 's'}"
    before = percent(performance["gross"]["total_return"]["value"])
    first = (
        f"{count(trades)} trade{'' if trades == 1 else 's'} from {performance['first']} to {performance['last']}: "
        f"{money(performance['capital'])} became {money(performance['final_equity'])} "
        f"({percent(net['total_return']['value'])}); before costs {before}."
    )
    second = "There is no Sharpe ratio: the daily returns are too few, do not vary, or are not known."
    if not is_missing(sharpe["value"]):
        second = (
            f"Sharpe ratio {t_value(sharpe['value'])} (standard error {t_value(sharpe['std_error'])}); with {tried} "
            f"tried, the probability that it is above luck is {share(net['deflated_sharpe']['value'])}."
        )
    bounds = interval(per_trade["low"], per_trade["high"])
    third = f"A trade earned {percent(per_trade['mean'])} after costs, 95% interval over dates {bounds}."
    return [first, second, third, *performance["notes"]]


def money(value: float) -> str:
    """Return an amount without cents."""
    return MISSING if is_missing(value) else f"{value:,.0f}"


def trading_tables(performance: Plain) -> list[DisplayTable]:
    """Return the tables that a person reads first: measures, costs, orders, years, legs, deciles."""
    shown = [
        _measures(performance),
        _trade_measures(performance),
        _costs(performance),
        _orders(performance),
        _years(performance["by_year"]),
        _legs(performance["by_leg"]),
        _deciles(performance["by_decile"]),
        _alphas(performance),
    ]
    return [display for display in shown if display.rows]


def _measures(performance: Plain) -> DisplayTable:
    rows = []
    for name, title in MEASURES.items():
        net, gross = performance["net"][name], performance["gross"][name]
        rows.append((title, _figure(name, net["value"]), _error(name, net), _figure(name, gross["value"])))
    fall = performance["net"]["max_drawdown"]
    back = f"recovered {fall['recovery']}" if fall["recovery"] else "not recovered"
    columns = [Column("Measure", "left"), Column("Net"), Column("Std. error"), Column("Gross")]
    note = f"Largest drawdown from {fall['peak']} to {fall['trough']}, {fall['sessions']} sessions, {back}."
    return table("Performance", columns, rows, note, "Standard errors bear skewness and kurtosis; ratios are a year's.")


def _figure(name: str, value: float) -> str:
    return t_value(value) if name in RATIOS else share(value) if name in SHARES else percent(value)


def _error(name: str, entry: Plain) -> str:
    return _figure(name, entry["std_error"]).lstrip("+") if "std_error" in entry else ""


def _trade_measures(performance: Plain) -> DisplayTable:
    each, exposure = performance["per_trade"], performance["exposure"]
    hit = each["hit_rate"]
    rows = [
        ("Trades", count(performance["trades"]), ""),
        ("Hit rate", share(hit["value"]), f"{share(hit['low'])} to {share(hit['high'])}"),
        ("Profit factor", t_value(each["profit_factor"]["value"]), ""),
        ("Mean gain, mean loss", percent(each["mean_win"]["value"]), percent(each["mean_loss"]["value"])),
        ("Gross return a trade", percent(each["gross_return"]["mean"]), _bounds(each["gross_return"])),
        ("Net return a trade", percent(each["net_return"]["mean"]), _bounds(each["net_return"])),
        ("Sessions held", t_value(each["sessions_held"]["value"]), ""),
        ("Turnover a year", t_value(performance["turnover"]["value"]), ""),
        ("Gross and net exposure", share(exposure["gross"]), share(exposure["net"])),
        ("Days invested", share(exposure["invested"]), ""),
        ("Capacity", money(performance["capacity"]["value"]), "equity that halves the Sharpe ratio"),
    ]
    columns = [Column("Measure", "left"), Column("Value"), Column("95% interval, or the other")]
    return table("Trades", columns, rows, "Intervals of returns resample dates, not trades.")


def _bounds(entry: Plain) -> str:
    return interval(entry["low"], entry["high"])


def _costs(performance: Plain) -> DisplayTable:
    rows = [(clean(name).capitalize(), price(value)) for name, value in performance["costs"].items()]
    rows.append(("Interest earned", price(performance["interest"])))
    return table("Costs in money", [Column("Kind", "left"), Column("Amount")], rows)


def _orders(performance: Plain) -> DisplayTable:
    rows = [
        (STATUS_TITLES.get(name, clean(name).replace("_", " ").capitalize()), count(number))
        for name, number in performance["orders"].items()
    ]
    rows += [(f"Closed: {clean(name).replace('_', ' ')}", count(n)) for name, n in performance["exits"].items()]
    return table("What became of the events", [Column("Order", "left"), Column("Events")], rows)


def _years(years: Sequence[Plain]) -> DisplayTable:
    rows = [
        (
            str(row["year"]),
            count(row["trades"]),
            percent(row["net_return"]),
            percent(row["gross_return"]),
            t_value(row["sharpe"]),
            t_value(row["sharpe_std_error"]),
            percent(row["max_drawdown"]),
        )
        for row in years
    ]
    titles = ("Trades", "Net", "Gross", "Sharpe", "Std. error", "Drawdown")
    return table("By year", [Column("Year", "left"), *map(Column, titles)], rows)


def _legs(legs: Sequence[Plain]) -> DisplayTable:
    rows = [
        (
            row["leg"].capitalize(),
            count(row["trades"]),
            percent(row["gross_return"]["mean"]),
            t_value(row["gross_return"]["t"]),
            percent(row["net_return"]["mean"]),
            t_value(row["net_return"]["t"]),
            share(row["hit_rate"]),
            money(row["net"]),
        )
        for row in legs
        if row["trades"]
    ]
    titles = ("Trades", "Gross", "t", "Net", "t", "Hits", "Profit")
    note = "These t-values take trades as independent; trades of one date are not."
    return table("By leg, a trade", [Column("Leg", "left"), *map(Column, titles)], rows, note)


def _deciles(deciles: Plain) -> DisplayTable:
    rows = [
        (
            str(row["class"]),
            count(row["trades"]),
            percent(row["gross_return"]),
            percent(row["gross_return_std_error"]).lstrip("+"),
            percent(row["net_return"]),
        )
        for row in deciles["rows"]
    ]
    titles = ("Trades", "Gross", "Std. error", "Net")
    note = f"Rank correlation of decile and gross return: {t_value(deciles['rank_correlation'])}."
    return table("By decile of the signal", [Column("Decile", "left"), *map(Column, titles)], rows, note)


def _alphas(performance: Plain) -> DisplayTable:
    time = performance["calendar_time"]
    found = {
        "Account, Newey-West": performance["alpha"],
        "Calendar time, Newey-West": time["hac"],
        "Calendar time, weighted": time["weighted"],
    }
    rows = [
        (title, percent(21 * each["value"]), t_value(each["t"]), p_value(each["p_value"]), count(each["df"]))
        for title, each in found.items()
        if each is not None
    ]
    titles = ("21 sessions", "t", "p", "df")
    loadings: Mapping[str, float] = next((each["loadings"] for each in found.values() if each), {})
    note = f"Against {', '.join(map(clean, loadings))}." if loadings else "No factors were given: the mean return."
    return table("Alpha", [Column("Of", "left"), *map(Column, titles)], rows, note)


def honesty_tables(honesty: Plain) -> list[DisplayTable]:
    """Return the honesty panel: samples and folds, placebos, concentration."""
    made = (_stretches(honesty), _placebos(honesty["placebos"]), _concentration(honesty))
    return [display for display in made if display.rows]


def _stretches(honesty: Plain) -> DisplayTable:
    walked = honesty["walk_forward"]
    rows = [
        (
            clean(part["name"]).capitalize(),
            date(part["first"]),
            date(part["last"]),
            percent(part["annual_return"]),
            t_value(part["sharpe"]),
            t_value(part["sharpe_std_error"]),
        )
        for part in [*honesty["parts"], *walked["folds"], walked["whole"]]
    ]
    titles = ("First", "Last", "Return a year", "Sharpe", "Std. error")
    return table(
        "In sample, out of sample, walked forward",
        [Column("Days", "left"), *map(Column, titles)],
        rows,
        "Each fold is traded by the variant that was best before it, with an embargo as long as a position is held.",
    )


def _placebos(placebos: Sequence[Plain]) -> DisplayTable:
    rows = [
        (
            f"Random {clean(each['kind'])}",
            percent(each["actual"]),
            percent(each["mean"]),
            percent(each["q95"]),
            share(each["percentile"]),
            count(each["draws"]),
        )
        for each in placebos
    ]
    titles = ("This backtest", "Placebo mean", "Placebo 95%", "Percentile", "Draws")
    return table("Placebos: gross return a trade", [Column("Events", "left"), *map(Column, titles)], rows)


def _concentration(honesty: Plain) -> DisplayTable:
    shares = [
        (clean(name).replace("_", " ").capitalize(), share(value, 0))
        for name, value in honesty["concentration"].items()
    ]
    chance = [
        ("Variants tried", count(honesty["variants"])),
        ("Deflated Sharpe (probability)", share(honesty["deflated_sharpe"])),
    ]
    return table("Share of the net profit", [Column("Of", "left"), Column("Share")], [*shares, *chance])


def audit_table(checks: pd.DataFrame) -> DisplayTable:
    """Return the checks of an audit, one row each.

    Parameters
    ----------
    checks : DataFrame
        ``check``, ``verdict``, ``rule``, ``found``.
    """
    rows = [
        (clean(row["check"]).replace("_", " "), clean(row["verdict"]), clean(row["found"]) or clean(row["rule"]))
        for row in checks.to_dict("records")
    ]
    return table("Audit", [Column("Check", "left"), Column("Verdict", "left"), Column("What was found", "left")], rows)

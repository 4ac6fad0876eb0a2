"""Verbs that trade a study's events, and prove that no trade saw the future."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eventstudy.cli.common import (
    Config,
    Offline,
    Overrides,
    Quiet,
    app,
    check_writable,
    circumstances,
    clock,
    complain,
    network,
    terminal,
)


@app.command()
def backtest(
    config: Config,
    *,
    out: Annotated[Path | None, typer.Option(help="Folder of the results; results/NAME without it.")] = None,
    draws: Annotated[int, typer.Option(min=0, help="Draws of each placebo; 0 for none.")] = 99,
    overrides: Overrides = None,
    offline: Offline = False,
    quiet: Quiet = False,
) -> None:
    """Trade the events of a study; write trades, equity, measures, a report."""
    from eventstudy.backtest import Trials
    from eventstudy.config import load
    from eventstudy.config.trading import trade
    from eventstudy.reports.terminal import render_tables
    from eventstudy.reports.trading import honesty_tables

    with clock() as times, network(offline=offline):
        configured = load(config, overrides or ())
        folder = out or configured.out or Path("results") / configured.name
        check_writable(folder)
        result = trade(configured, Trials.load(folder))
        panel = result.honesty(draws=draws, seed=configured.study.seed)
    result.save(folder, run={**times, **circumstances(config, folder)})
    page = result.to_html(folder / "backtest.html", honesty=panel, title=configured.name)
    if not quiet:
        typer.echo(result.summary(**terminal()))
        typer.echo(render_tables(panel.verdict, honesty_tables(panel.as_dict()), **terminal()))
        typer.echo(f"Results: {folder}\nReport:  {page}")


@app.command()
def audit(
    config: Config,
    *,
    draws: Annotated[int, typer.Option(min=0, help="Draws of each placebo; 0 for none.")] = 49,
    overrides: Overrides = None,
    offline: Offline = False,
) -> None:
    """Prove that no trade of a backtest saw the future."""
    from eventstudy.config import load
    from eventstudy.config.trading import audit as audit_trades

    with network(offline=offline):
        found = audit_trades(load(config, overrides or ()), draws=draws)
    typer.echo(found.summary(**terminal()))
    if not found.passed:
        complain("the audit failed; the table above says by what.")
        raise typer.Exit(1)

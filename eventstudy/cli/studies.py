"""Verbs that run, re-render and explain studies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eventstudy._progress import progress_bars
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
from eventstudy.errors import InputError

if TYPE_CHECKING:
    from eventstudy.bars import BarPanel
    from eventstudy.reports import Report, Results
    from eventstudy.result import StudyResult


@app.command()
def run(
    config: Config,
    *,
    out: Annotated[Path | None, typer.Option(help="Folder of the results; results/NAME without it.")] = None,
    overrides: Overrides = None,
    offline: Offline = False,
    quiet: Quiet = False,
) -> None:
    """Run a study; write its results and reports."""
    from eventstudy.config import load
    from eventstudy.reports.beside import PageBeside
    from eventstudy.reports.terminal import render

    with PageBeside() as page:
        with clock() as times, network(offline=offline):
            configured = load(config, overrides or ())
            folder = out or configured.out or Path("results") / configured.name
            check_writable(folder)
            with progress_bars(quiet=quiet) as progress:
                inputs = configured.read(progress)
                if page.name in configured.reports:
                    page.expect(len(inputs.events))
                result = configured.run_on(inputs, progress)
        page.begin(result.results)
        if not quiet:
            typer.echo(render(result.results, **terminal()))
        engine = configured.study.engine
        how = {"engine": engine.name, "workers": engine.workers}
        result.save(folder, run={**times, **how, **circumstances(config, folder)})
        written, failures = _write_reports(result.results, configured.reports, folder, page)
    failures += _models_without_estimate(result)
    if not quiet:
        typer.echo(f"Results: {folder}" + "".join(f"\nReport:  {path}" for path in written))
    for failure in failures:
        complain(failure)
    if failures:
        raise typer.Exit(1)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Results that a run has left.")],
    *,
    formats: Annotated[
        list[str] | None, typer.Option("--format", metavar="NAME", help="html without it; more than one may be given.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the reports; DIR without it.")] = None,
    quiet: Quiet = False,
) -> None:
    """Write the reports again from saved results."""
    from eventstudy.reports import REPORTS
    from eventstudy.result import StudyResult

    names = [REPORTS.get(name).name for name in formats or ["html"]]
    check_writable(out or folder)
    written, failures = _write_reports(StudyResult.load(folder), names, out or folder)
    if not quiet:
        typer.echo("\n".join(f"Report:  {path}" for path in written))
    for failure in failures:
        complain(failure)
    if failures:
        raise typer.Exit(1)


@app.command()
def reaction(
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="A ticker, such as BABA.")],
    date: Annotated[
        str | None, typer.Argument(metavar="DATE", help="Date of the announcement; the latest without it.")
    ] = None,
    *,
    source: Annotated[str | None, typer.Option(help="sample, yahoo, ...; the sample if it has it, else yahoo.")] = None,
    benchmark: Annotated[str | None, typer.Option(help="The market that it is compared with; SPY without it.")] = None,
    timing: Annotated[
        str | None,
        typer.Option(help="before_open, during or after_close, where no announcement of that date is known."),
    ] = None,
    bars: Annotated[Path | None, typer.Option(help="Bars, CSV or Parquet: the prices between the two closes.")] = None,
    zone: Annotated[str, typer.Option(help="Time zone of the bars; that of the exchange without it.")] = "exchange",
    label: Annotated[str | None, typer.Option(help="start or end: which end of a bar its time is.")] = None,
    interval: Annotated[int | None, typer.Option(help="Seconds of a bar; the commonest distance without it.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the answer as a page, with its figures.")] = None,
    offline: Offline = False,
) -> None:
    """Explain one event; no configuration needed."""
    from eventstudy.explain import reaction as explain

    options: dict[str, Any] = {} if benchmark is None else {"benchmark": benchmark}
    if bars is not None:
        options["bars"] = _read_bars(bars, symbol, options.get("benchmark", "SPY"), zone, label, interval)
    with network(offline=offline):
        answer = explain(symbol, date, source=source, timing=timing, **options)
    typer.echo(answer.summary(**terminal()))
    if html is not None:
        typer.echo(f"Page: {answer.to_html(html)}")


@app.command()
def events(
    config: Config,
    *,
    against: Annotated[Path | None, typer.Option(help="A CSV with a second calendar, to be compared.")] = None,
    overrides: Overrides = None,
    offline: Offline = False,
) -> None:
    """Show the events of a study: day 0, phase, flags, reasons."""
    from eventstudy.config import list_events, load

    with network(offline=offline):
        found = list_events(load(config, overrides or ()), against)
    typer.echo(found.summary(**terminal()))


@app.command()
def check(config: Config, *, overrides: Overrides = None, offline: Offline = False) -> None:
    """Show what a study would be run on."""
    from eventstudy.config import check as check_study
    from eventstudy.config import load

    with network(offline=offline):
        found = check_study(load(config, overrides or ()))
    typer.echo(found.summary(**terminal()))
    if not found.kept:
        raise InputError(f"{config}: no event is left to study; the table above says why.")


@app.command()
def simulate(
    config: Config,
    *,
    samples: Annotated[int, typer.Option(help="Samples to draw for each effect.")] = 1000,
    size: Annotated[int, typer.Option(help="Events in a sample.")] = 50,
    effects: Annotated[str, typer.Option(help="Added to the return of day 0.")] = "0,0.005,0.01,0.02",
    common_date: Annotated[bool, typer.Option("--common-date", help="One date for all events of a sample.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write size and power as a page, with their curves.")] = None,
    overrides: Overrides = None,
    offline: Offline = False,
    quiet: Quiet = False,
) -> None:
    """Measure size and power of a study's tests on its prices."""
    from eventstudy.config import load
    from eventstudy.config.configured import load_inputs
    from eventstudy.simulation import simulate as measure
    from eventstudy.simulation.power import parse_effects

    configured, sizes = load(config, overrides or ()), parse_effects(effects)
    if html is not None:
        check_writable(html.parent)
    options: dict[str, Any] = {"samples": samples, "size": size, "effects": sizes, "common_date": common_date}
    with network(offline=offline), progress_bars(quiet=quiet) as progress:
        found = measure(
            configured.study, *load_inputs(configured), configured.factor_panel(), **options, progress=progress
        )
    typer.echo(found.summary(**terminal()))
    if html is not None:
        typer.echo(f"Page: {found.to_html(html, title=configured.name)}")


def _read_bars(path: Path, symbol: str, benchmark: str, zone: str, label: Any, interval: int | None) -> BarPanel:
    """Return the bars of a file; one of a single symbol need not name it."""
    from eventstudy.sources import CsvBars, ParquetBars

    read = ParquetBars if path.suffix.lower() in {".parquet", ".pq"} else CsvBars
    table = read(path=path, symbol=symbol, zone=zone, label=label, interval=interval)
    return table.bars([symbol], optional=[benchmark])


def _write_reports(
    results: Results, names: Sequence[str], folder: Path, page: Report | None = None
) -> tuple[list[Path], list[str]]:
    """Write the reports, one of them begun already; one that fails keeps none of the others from being written."""
    from eventstudy.reports import REPORTS

    written: list[Path] = []
    failures: list[str] = []
    for name in names:
        try:
            report = page if page is not None and page.name == name else REPORTS.get(name)
            written.append(report.write(results, folder))
        except Exception as error:  # noqa: BLE001
            failures.append(f"the report {name!r} could not be written ({type(error).__name__}: {error}).")
    return written, failures


def _models_without_estimate(result: StudyResult) -> list[str]:
    models = result.results.summary["models"]
    return [
        f"the model {label!r} could be estimated for no event; estimates.csv says why."
        for label, figures in models.items()
        if not figures["estimated"]
    ]

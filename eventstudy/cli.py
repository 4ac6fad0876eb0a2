"""The command line: parse, call the public API, print."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from eventstudy._progress import progress_bars
from eventstudy.errors import EventStudyError, InputError, OutputError

if TYPE_CHECKING:
    from eventstudy.bars import BarPanel
    from eventstudy.reports import Results
    from eventstudy.result import StudyResult

__all__ = ["app", "main"]

PIPE_WIDTH = 100

app = typer.Typer(
    help="Stock event studies: how large a move was, whether it was abnormal, how it compares, whether it held.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="A study in YAML or TOML.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A key of the file, changed: --set windows.min_obs=60."),
]


cache_app = typer.Typer(help="Look after the replies that were fetched.", no_args_is_help=True)
app.add_typer(cache_app, name="cache")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 a part of the study failed, 2 the input was wrong.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process without it.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    # Where somebody adds it to the command that has just failed.
    debug = "--debug" in given
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        typer.main.get_command(app)([each for each in given if each != "--debug"], prog_name="eventstudy")
    except EventStudyError as error:
        _fail(2, str(error), debug=debug)
    except Exception as error:  # noqa: BLE001
        what = f"{type(error).__name__}: {error}"
        _fail(1, f"a fault of this program, not of yours ({what}); --debug shows where.", debug=debug)


def _print_version(wanted: bool) -> None:
    if wanted:
        from eventstudy import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Take what stands before the command; `main` has seen to it."""


@app.command()
def run(
    config: Config,
    *,
    out: Annotated[Path | None, typer.Option(help="Folder of the results; results/NAME without it.")] = None,
    overrides: Overrides = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Read the network's replies from the cache alone.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Run a study; write its results and reports."""
    from eventstudy import sources
    from eventstudy.config import load
    from eventstudy.reports.terminal import render

    with _clock() as times, sources.offline() if offline else nullcontext():
        configured = load(config, overrides or ())
        folder = out or configured.out or Path("results") / configured.name
        _check_writable(folder)
        with progress_bars(quiet=quiet) as progress:
            result = configured.run(progress)
    if not quiet:
        typer.echo(render(result.results, **_terminal()))
    result.save(folder, run={**times, **_circumstances(config, folder)})
    written, failures = _write_reports(result.results, configured.reports, folder)
    failures += _models_without_estimate(result)
    if not quiet:
        typer.echo(f"Results: {folder}" + "".join(f"\nReport:  {path}" for path in written))
    for failure in failures:
        _complain(failure)
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
    _check_writable(out or folder)
    written, failures = _write_reports(StudyResult.load(folder), names, out or folder)
    if not quiet:
        typer.echo("\n".join(f"Report:  {path}" for path in written))
    for failure in failures:
        _complain(failure)
    if failures:
        raise typer.Exit(1)


@app.command()
def reaction(
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="A ticker, such as BABA.")],
    date: Annotated[
        str | None, typer.Argument(metavar="DATE", help="Date of the announcement; the latest without it.")
    ] = None,
    *,
    source: Annotated[str | None, typer.Option(help="Source of prices and events; the sample without it.")] = None,
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
) -> None:
    """Explain one event; no configuration needed."""
    from eventstudy.explain import reaction as explain

    options: dict[str, Any] = {} if benchmark is None else {"benchmark": benchmark}
    if bars is not None:
        options["bars"] = _read_bars(bars, symbol, options.get("benchmark", "SPY"), zone, label, interval)
    answer = explain(symbol, date, source=source, timing=timing, **options)
    typer.echo(answer.summary(**_terminal()))
    if html is not None:
        typer.echo(f"Page: {answer.to_html(html)}")


@app.command()
def events(
    config: Config,
    *,
    against: Annotated[Path | None, typer.Option(help="A CSV with a second calendar, to be compared.")] = None,
    overrides: Overrides = None,
) -> None:
    """Show the events of a study: day 0, phase, flags, reasons."""
    from eventstudy.config import list_events, load

    typer.echo(list_events(load(config, overrides or ()), against).summary(**_terminal()))


def _read_bars(path: Path, symbol: str, benchmark: str, zone: str, label: Any, interval: int | None) -> BarPanel:
    """Return the bars of a file; one of a single symbol need not name it."""
    from eventstudy.sources import CsvBars, ParquetBars

    read = ParquetBars if path.suffix.lower() in {".parquet", ".pq"} else CsvBars
    table = read(path=path, symbol=symbol, zone=zone, label=label, interval=interval)
    return table.bars([symbol], optional=[benchmark])


@app.command()
def check(config: Config, overrides: Overrides = None) -> None:
    """Show what a study would be run on."""
    from eventstudy.config import check as check_study
    from eventstudy.config import load

    found = check_study(load(config, overrides or ()))
    typer.echo(found.summary(**_terminal()))
    if not found.kept:
        raise InputError(f"{config}: no event is left to study; the table above says why.")


@app.command()
def fetch(config: Config, *, overrides: Overrides = None, quiet: Quiet = False) -> None:
    """Fill the cache with what a study needs."""
    from eventstudy import config as configs

    configured = configs.load(config, overrides or ())
    with progress_bars(quiet=quiet) as progress:
        tally = configs.fetch(configured, progress)
    if not quiet:
        typer.echo(f"{tally['fetched']} replies fetched, {tally['cached']} were there already.")


@cache_app.command("info")
def cache_info() -> None:
    """Show what the cache holds."""
    from eventstudy.sources import current_client

    info = current_client().cache.info()
    typer.echo(f"{info.folder}: {sum(info.replies.values())} replies, {info.size / 1e6:.1f} MB")
    for host, count in info.replies.items():
        typer.echo(f"{count:7}  {host}")
    if info.oldest:
        typer.echo(f"fetched from {info.oldest} to {info.newest}")


@cache_app.command("clear")
def cache_clear(
    *, host: Annotated[str | None, typer.Option(help="Only replies of this host; all without it.")] = None
) -> None:
    """Delete what the cache holds."""
    from eventstudy.sources import current_client

    typer.echo(f"{current_client().cache.clear(host)} replies deleted.")


@cache_app.command("verify")
def cache_verify() -> None:
    """Read every reply and take out the broken ones."""
    from eventstudy.sources import current_client

    kept, broken = current_client().cache.verify()
    typer.echo(f"{kept} replies are whole, {len(broken)} were broken and are taken out.")
    for sentence in broken:
        _complain(sentence)
    if broken:
        raise typer.Exit(1)


@app.command()
def simulate(
    config: Config,
    *,
    samples: Annotated[int, typer.Option(help="Samples to draw for each effect.")] = 1000,
    size: Annotated[int, typer.Option(help="Events in a sample.")] = 50,
    effects: Annotated[str, typer.Option(help="Abnormal returns put on day 0.")] = "0,0.005,0.01,0.02",
    common_date: Annotated[bool, typer.Option("--common-date", help="One date for all events of a sample.")] = False,
    overrides: Overrides = None,
    quiet: Quiet = False,
) -> None:
    """Measure size and power of a study's tests on its prices."""
    from eventstudy.config import load
    from eventstudy.config.configured import load_inputs
    from eventstudy.simulation import simulate as measure
    from eventstudy.simulation.power import parse_effects

    configured, sizes = load(config, overrides or ()), parse_effects(effects)
    options: dict[str, Any] = {"samples": samples, "size": size, "effects": sizes, "common_date": common_date}
    with progress_bars(quiet=quiet) as progress:
        found = measure(configured.study, *load_inputs(configured), **options, progress=progress)
    typer.echo(found.summary(**_terminal()))


@app.command()
def backtest(
    config: Config,
    *,
    out: Annotated[Path | None, typer.Option(help="Folder of the results; results/NAME without it.")] = None,
    draws: Annotated[int, typer.Option(help="Draws of each placebo; 0 for none.")] = 99,
    overrides: Overrides = None,
    quiet: Quiet = False,
) -> None:
    """Trade the events of a study; write trades, equity, measures, a report."""
    from eventstudy.backtest import Trials
    from eventstudy.config import load
    from eventstudy.config.trading import trade
    from eventstudy.reports.terminal import render_tables
    from eventstudy.reports.trading import honesty_tables

    with _clock() as times:
        configured = load(config, overrides or ())
        folder = out or configured.out or Path("results") / configured.name
        _check_writable(folder)
        result = trade(configured, Trials.load(folder))
        panel = result.honesty(draws=draws, seed=configured.study.seed)
    result.save(folder, run={**times, **_circumstances(config, folder)})
    page = result.to_html(folder / "backtest.html", honesty=panel, title=configured.name)
    if not quiet:
        typer.echo(result.summary(**_terminal()))
        typer.echo(render_tables(panel.verdict, honesty_tables(panel.as_dict()), **_terminal()))
        typer.echo(f"Results: {folder}\nReport:  {page}")


@app.command()
def audit(
    config: Config,
    *,
    draws: Annotated[int, typer.Option(help="Draws of each placebo; 0 for none.")] = 49,
    overrides: Overrides = None,
) -> None:
    """Prove that no trade of a backtest saw the future."""
    from eventstudy.config import load
    from eventstudy.config.trading import audit as audit_trades

    found = audit_trades(load(config, overrides or ()), draws=draws)
    typer.echo(found.summary(**_terminal()))
    if not found.passed:
        _complain("the audit failed; the table above says by what.")
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Show what this installation has and lacks."""
    from eventstudy._doctor import examine

    marks = {True: "ok", False: "WRONG", None: ""}
    for found in examine():
        typer.echo(f"{marks[found.well]:5}  {found.topic:23}  {found.words}")


@app.command("list")
def list_(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="WHAT",
            help="models, tests, sources, reports, measures, reasons, flags, screens, calendars, corrections.",
        ),
    ] = None,
) -> None:
    """List models, tests, sources and more."""
    from eventstudy._catalogue import FAMILIES, catalogue

    for family in FAMILIES if what is None else [what]:
        entries = catalogue(family)
        if what is None:
            typer.echo(f"{family}: {', '.join(entries)}")
            continue
        width = max(map(len, entries))
        for name, line in entries.items():
            typer.echo(f"{name:{width}}  {line}")


@app.command()
def schema() -> None:
    """Print the JSON schema of a configuration."""
    import json

    from eventstudy.config import schema as config_schema

    typer.echo(json.dumps(config_schema(), indent=2, ensure_ascii=False))


@app.command()
def init(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file to write.")] = Path("study.yaml"),
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that exists.")] = False,
) -> None:
    """Write a first configuration that runs."""
    from importlib.resources import files

    from eventstudy.reports.files import write_text

    if path.suffix.lower() not in {".yaml", ".yml"}:
        raise InputError(f"The file is {str(path)!r}; a name that ends in .yaml was expected.")
    if path.exists() and not force:
        raise InputError(f"{path} exists already; give another name, or --force to overwrite it.")
    text = (files("eventstudy.config") / "first.yaml").read_text(encoding="utf-8")
    typer.echo(f"Written: {write_text(path, text.replace('{file}', str(path)))}")


def _fail(status: int, sentence: str, *, debug: bool) -> NoReturn:
    import traceback

    if debug:
        traceback.print_exc()
    else:
        _complain(sentence)
    sys.exit(status)


def _complain(sentence: str) -> None:
    paragraph = " ".join(sentence.split())
    typer.echo("Error: " + "".join(letter if letter.isprintable() else "\ufffd" for letter in paragraph), err=True)


def _terminal() -> dict[str, Any]:
    """Return how to draw tables: plain and of one width where nobody looks at them."""
    import os
    import shutil

    seen = sys.stdout.isatty()
    width = shutil.get_terminal_size((PIPE_WIDTH, 24)).columns if seen else PIPE_WIDTH
    return {"color": seen and "NO_COLOR" not in os.environ, "width": width}


def _check_writable(folder: Path) -> None:
    """Raise `OutputError` where results could not be written, before time is spent on making them."""
    import os

    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        raise OutputError(
            f"The output directory {str(folder)!r} can't be written: {str(there)!r} is no folder to write in."
        )


@contextmanager
def _clock() -> Iterator[dict[str, Any]]:
    from datetime import UTC, datetime

    started = datetime.now(UTC)
    times: dict[str, Any] = {"started": started.isoformat(timespec="seconds")}
    yield times
    times["seconds"] = round((datetime.now(UTC) - started).total_seconds(), 3)


def _circumstances(config: Path, folder: Path) -> dict[str, Any]:
    import platform

    return {
        "host": platform.node(),
        "system": platform.platform(),
        "python": sys.executable,
        "arguments": sys.argv[1:],
        "config": str(config.resolve()),
        "folder": str(folder.resolve()),
    }


def _write_reports(results: Results, names: Sequence[str], folder: Path) -> tuple[list[Path], list[str]]:
    """Write the reports; one that fails keeps none of the others from being written."""
    from eventstudy.reports import REPORTS

    written: list[Path] = []
    failures: list[str] = []
    for name in names:
        try:
            written.append(REPORTS.get(name).write(results, folder))
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

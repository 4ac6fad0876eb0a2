"""A reaction in sentences, by rules that a reader can check against the table.

1. The day: the premarket move where there is one, the open, the close, each from the base price. How much was left
   is close / premarket, or close / gap without a premarket move, in simple returns; it is said of moves of at
   least `SMALLEST`.
2. Its standing: the percentile of the close, in whole percent rounded down.
3. The move to the close less beta times the benchmark's, where there is a beta.
4. Afterwards: the rungs of the next two sessions and of the last one known, from the same base price.
5. The run-up to the base price.

A figure that is not known is left out, or said to be unknown; what rounds to zero is called unchanged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from eventstudy.errors import Reason

if TYPE_CHECKING:
    from eventstudy.reactions.record import Reaction, Rung
    from eventstudy.reactions.standing import OwnStanding

__all__ = ["notes", "own_sentence", "sentences"]

SMALLEST = 0.01
# Not strftime: its names follow the machine's language.
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def sentences(reaction: Reaction) -> tuple[str, ...]:
    """Return what happened in words; the rules stand at the head of this module.

    Parameters
    ----------
    reaction : Reaction
        What was measured.

    Examples
    --------
    >>> from eventstudy.datasets import load_alibaba
    >>> from eventstudy.events import place
    >>> from eventstudy.reactions import measure_reactions
    >>> sample = load_alibaba()
    >>> sentences(measure_reactions(sample.events, place(sample.events), sample.prices)[3])[0]
    'Alibaba (BABA) rose 11.0% before the open of 20 February 2025 (press quote), opened 9.56% up and closed 8.09% up;
    74% of the premarket move was left at the close.'
    """
    said = [
        _day(reaction),
        *((_morning(reaction), own_sentence(reaction)) if reaction.has_bars else ()),
        _standing(reaction),
        _abnormal(reaction),
        _implied(reaction),
        _afterwards(reaction),
        _run_up(reaction),
    ]
    return tuple(sentence for sentence in said if sentence)


def notes(reaction: Reaction) -> tuple[str, ...]:
    """Return how the numbers of a reaction were made, in words."""
    rule = reaction.ordinary
    parts = "after hours + premarket + open gap + session" if reaction.has_bars else "gap + session"
    said = [
        f"Base price: {reaction.base_definition}.",
        f"Returns are simple and total; their logs add up: {parts} = close, close + days = the later rungs.",
        (
            f"Ordinary days: the {rule.sessions} sessions before day 0 as far as there are prices, those within "
            f"{rule.apart} of the stock's own events left out; moves of several sessions overlap."
        ),
    ]
    if reaction.benchmark is not None and not math.isnan(reaction.beta):
        said.append(f"Expected: beta {reaction.beta:.3f} times the move of {reaction.benchmark} over the same leg.")
    if any(Reason.GAP_STANDING in move.reasons for move in reaction.moves):
        said.append("The premarket move is a quote without a history; the standing beside it is the gap's.")
    if math.isnan(reaction.run_up):
        since = f" since {reaction.run_up_since}" if reaction.run_up_since else ""
        said.append(f"The run-up{since} is not known: the prices do not reach back, or lack a session.")
    return (*said, *_bar_notes(reaction)) if reaction.has_bars else tuple(said)


def _bar_notes(reaction: Reaction) -> list[str]:
    """Return what stands behind the prices of the extended hours, and the legs' own betas."""
    said = []
    behind = {move.leg: move for move in reaction.rungs if move.leg in ("after_hours", "premarket") and move.prints}
    for leg, move in behind.items():
        what = leg.replace("_", " ").capitalize()
        said.append(f"{what}: grade {move.grade}, {move.prints.words if move.prints else ''}.")
    if any(not move.printed for move in behind.values()):
        said.append("A part of the day without a print has a move of 0; the next one carries what happened in it.")
    betas = [move for move in reaction.legs if move.beta_days and not math.isnan(move.expected)]
    if betas:
        each = _listed([f"{move.beta:.2f} {move.leg.replace('_', ' ')} ({move.beta_days} days)" for move in betas])
        total = sum(move.abnormal_log for move in reaction.legs if not move.leg[1:].isdigit())
        one = reaction.rung("close").abnormal_log
        said.append(f"Betas of the legs' own, from ordinary days: {each}.")
        if math.isfinite(total - one):
            said[-1] += (
                f" With them the abnormal legs of day 0 add up to {100 * total:+.2f}% in logs, with the one beta of "
                f"the close to {100 * one:+.2f}%."
            )
    return said


def _day(reaction: Reaction) -> str:
    raw = {rung.leg: rung.raw for rung in reaction.rungs if rung.printed}
    name = f"{reaction.company} ({reaction.symbol})" if reaction.company else reaction.symbol
    day = _date(reaction.day0)
    early = _early(reaction)
    said = [f"{verb} {_moved(raw[leg])}" for leg, verb in (("open", "opened"), ("close", "closed")) if leg in raw]
    evening = _evening(reaction)
    if early is not None:
        move = f"stood {_roughly(early.raw)}" if evening else _rose(early.raw)
        said.insert(0, f"{move} before the open of {day} ({_seen(early)})")
    elif said:
        said[-1] += f" on {day}"
    elif not evening:
        why = " ".join(reaction.rung("close").reason.split("; ")[0].split("_"))
        return f"The move of {name} on {day} is not known: {why}."
    said = [*evening, *said]
    if "close" not in raw:
        return f"{name} {_listed(said)}; its close is not known."
    return f"{name} {_listed(said)}{_left(reaction, raw)}."


def _early(reaction: Reaction) -> Rung | None:
    """Return the premarket move to speak of: the measured one, else a quoted one."""
    rungs = {rung.leg: rung for rung in reaction.rungs if rung.printed}
    return rungs.get("premarket") or rungs.get("premarket_quote")


def _evening(reaction: Reaction) -> list[str]:
    """Return the move after hours, where the news came then."""
    for rung in reaction.rungs:
        if rung.leg == "after_hours" and rung.printed and reaction.phase == "post" and reaction.base_date:
            return [f"{_rose(rung.raw)} after hours on {_date(reaction.base_date)} ({_seen(rung)})"]
    return []


def _seen(rung: Rung) -> str:
    """Return what stands behind a price of the extended hours."""
    return "press quote" if rung.price_source == "quoted" else f"last print {rung.end[-5:]}, grade {rung.grade}"


def _left(reaction: Reaction, raw: dict[str, float]) -> str:
    rung = _early(reaction)
    early, what = (rung.raw, "premarket move") if rung is not None else (raw.get("open", 0.0), "gap")
    if abs(early) < SMALLEST:
        return ""
    part = raw["close"] / early
    if _moved(raw["close"]) == "unchanged":
        return f"; nothing of the {what} was left at the close"
    if part < 0:
        return f"; the {what} had turned into its opposite by the close"
    if part > 1:
        return f"; the close went beyond the {what}, to {100 * part:.0f}% of it"
    return f"; {100 * part:.0f}% of the {what} was left at the close"


def _standing(reaction: Reaction) -> str:
    close = reaction.rung("close")
    if math.isnan(close.raw):
        return ""
    if math.isnan(close.percentile):
        return (
            f"There are {close.n} ordinary days before it to compare with, "
            f"fewer than the {reaction.ordinary.fewest} needed."
        )
    if _smaller(close) == close.n:
        return f"The close-to-close move was larger than on all {close.n} ordinary days before it."
    percent = math.floor(100 * close.percentile + 1e-9)
    return f"The close-to-close move was larger than {percent}% of {close.n} ordinary days."


def own_sentence(reaction: Reaction) -> str:
    """Return how the move compares with those at the stock's own past events, nothing where there are none."""
    early = _early(reaction)
    close = reaction.rung("close")
    moves = [("premarket move", early)] if early is not None and early.price_source == "measured" else []
    moves.append(("move to the close", close))
    told = [(what, rung.own) for what, rung in moves if rung.own is not None and rung.own.n and rung.printed]
    said = [
        f"the {what} was {_of_reports(own, close.own is not None and own.n < close.own.n)}"
        for what, own in told
        if own is not None
    ]
    return f"{_listed(said).capitalize()}." if said else ""


def _of_reports(own: OwnStanding, some: bool) -> str:
    """Return how many past moves were smaller; some reports had no print before the open, or none that is known."""
    those = " with a premarket price" if some else ""
    if own.n == 1:
        return f"{'larger' if own.larger_than else 'not larger'} than that of its last report{those}"
    reports = f"its last {_counted(own.n)} reports{those}"
    many = "all" if own.larger_than == own.n else f"{_counted(own.larger_than)} of"
    many = "none of" if own.larger_than == 0 else many
    return f"larger than those of {many} {reports}"


def _counted(number: int) -> str:
    return COUNTS[number] if number < len(COUNTS) else str(number)


def _implied(reaction: Reaction) -> str:
    close, implied = reaction.rung("close"), reaction.implied
    if implied is None or math.isnan(close.raw):
        return ""
    where = "inside" if implied.inside(close.raw) else "outside"
    return (
        f"Options had priced a move of {100 * implied.expected:.1f}% (the mean size; one standard deviation is "
        f"{100 * implied.sigma:.1f}%): the move to the close lay {where}, "
        f"at {implied.ratio(close.raw):.2f} times the mean size."
    )


def _morning(reaction: Reaction) -> str:
    """Return how unusual a measured premarket move was for a morning."""
    rung = _early(reaction)
    if rung is None or rung.price_source == "quoted" or math.isnan(rung.percentile):
        return ""
    if _smaller(rung) == rung.n:
        return f"The premarket move was larger than on all {rung.n} ordinary mornings with a print before it."
    percent = math.floor(100 * rung.percentile + 1e-9)
    return f"The premarket move was larger than {percent}% of {rung.n} ordinary mornings with a print."


def _smaller(rung: Rung) -> int:
    return round(rung.percentile * (1 + rung.n))


def _abnormal(reaction: Reaction) -> str:
    close = reaction.rung("close")
    if math.isnan(close.abnormal):
        return ""
    return (
        f"Less beta times the move of {reaction.benchmark} (beta {close.beta:.2f}, without alpha) "
        f"the move to the close was {100 * close.abnormal:+.2f}%."
    )


def _afterwards(reaction: Reaction) -> str:
    later = [rung for rung in reaction.rungs if rung.leg[1:].isdigit() and not math.isnan(rung.raw)]
    shown = later[:2] + later[2:][-1:]
    if not shown:
        return ""
    base = "" if math.isnan(reaction.base_price) else f" of {reaction.base_price:,.2f}"
    moves = [f"{_moved(rung.raw)} {_sessions(int(rung.leg[1:]))} later" for rung in shown]
    return f"From the same base{base} it stood {_listed(moves)}."


def _run_up(reaction: Reaction) -> str:
    since, base = reaction.run_up_since, reaction.base_date
    if math.isnan(reaction.run_up) or since is None or base is None or since >= base:
        return ""
    change = _rose(reaction.run_up).replace("rose", "risen").replace("fell", "fallen").replace("was", "been")
    return f"It had {change} from the close of {_date(since)} to that of {_date(base)}."


def _rose(move: float) -> str:
    size = f"{100 * abs(move):.1f}"
    return "was unchanged" if float(size) == 0 else f"{'rose' if move > 0 else 'fell'} {size}%"


def _roughly(move: float) -> str:
    size = f"{100 * abs(move):.1f}"
    return "unchanged" if float(size) == 0 else f"{size}% {'up' if move > 0 else 'down'}"


def _moved(move: float) -> str:
    size = f"{100 * abs(move):.2f}"
    return "unchanged" if float(size) == 0 else f"{size}% {'up' if move > 0 else 'down'}"


def _sessions(days: int) -> str:
    return f"{COUNTS[days] if days < len(COUNTS) else days} session{'' if days == 1 else 's'}"


def _date(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"

"""Display tables: the frames of a study as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from eventstudy.reports.contract import is_missing
from eventstudy.reports.display import (
    MISSING,
    Column,
    DisplayTable,
    clean,
    count,
    date,
    days,
    in_words,
    interval,
    leg_title,
    moment,
    number,
    p_value,
    percent,
    percentile,
    price,
    reason,
    reason_sentence,
    share,
    t_value,
    table,
)
from eventstudy.reports.effects import (
    Effect,
    asked_for_mean,
    event_effects,
    leg_rows,
    mean_effects,
    rows_of,
    whole_group,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "aar",
    "attrition",
    "effect_table",
    "estimates",
    "event_cars",
    "events",
    "ladder",
    "legs",
    "mean_cars",
    "significance",
]

Frames = Mapping[str, "pd.DataFrame"]
RETURN_MEASURES = frozenset({"ar", "car", "aar", "caar", "bhar", "abhar"})
NAMED_EVENTS = 12
PRINT_GRADES = frozenset({"A", "B", "C", "none", "regular"})
GRADE_NOTE = (
    "Grade of a price in extended hours: A prints, age and volume suffice; B all but one, or the volume is unknown; C "
    "prints only; none no print. Regular: read off the bars of the session."
)
NAN = float("nan")


def _left(title: str) -> Column:
    return Column(title, "left")


def attrition(tables: Frames) -> DisplayTable:
    """Return how many events were given, how many fell out for which reason, and how many are kept."""
    frame = tables["events"]
    dropped = frame[frame["status"] == "dropped"]
    rows = [("Given", count(len(frame)), "")]
    for code, lost in dropped.groupby("reason", sort=False, dropna=False):
        rows.append((f"Dropped: {reason(code) or 'no reason given'}", count(-len(lost)), _named(lost)))
    kept = frame[frame["status"] != "dropped"]
    rows.append(("Kept", count(len(kept)), _named(kept)))
    return table("Which events are in the study", (_left("Step"), Column("Events"), _left("Which")), rows)


def _named(frame: pd.DataFrame) -> str:
    if len(frame) > NAMED_EVENTS:
        return "see events.csv"
    details = frame["detail"].map(clean)
    names = frame["event_id"].map(clean)
    return ", ".join(f"{name} ({detail})" if detail else name for name, detail in zip(names, details, strict=True))


def events(tables: Frames) -> DisplayTable:
    """Return the events with their clocks, their day 0 and what became of them."""
    columns = [*map(_left, ("Event", "Symbol", "Announced", "Timing", "Day 0")), Column("Surprise")]
    columns += [_left("Flags"), _left("In the study")]
    frame = tables["events"]
    surprise = frame["surprise"].tolist() if "surprise" in frame else [NAN] * len(frame)
    rows = zip(
        in_words(frame["event_id"], clean),
        in_words(frame["symbol"], clean),
        _announced(frame),
        in_words(frame["timing"], lambda timing: clean(timing).replace("_", " ")),
        in_words(frame["day0"], date),
        ["" if is_missing(value) else percent(value) for value in surprise],
        in_words(frame["flags"], lambda flags: clean(flags).replace(";", ", ").replace("_", " ")),
        _kept(frame),
        strict=True,
    )
    return table("Events", columns, rows).without_empty()


def _announced(frame: pd.DataFrame) -> list[str]:
    stated, timed = in_words(frame["date"], date), in_words(frame["announced_at"], moment)
    return [on if at == MISSING else at for on, at in zip(stated, timed, strict=True)]


def _kept(frame: pd.DataFrame) -> list[str]:
    status, why = frame["status"].tolist(), in_words(frame["reason"], reason)
    return ["yes" if each == "ok" else f"no: {code}" for each, code in zip(status, why, strict=True)]


def estimates(tables: Frames) -> DisplayTable:
    """Return what each model learned in the estimation window of each event."""
    frame = tables["estimates"]
    place = list(frame.columns).index("r_squared") + 1
    parameters = [str(name) for name in frame.columns[place:-2]]
    columns = [_left("Event"), _left("Model"), Column("N"), *map(Column, map(clean, parameters))]
    columns += [Column("sigma"), Column("R\N{SUPERSCRIPT TWO}"), _left("Reason")]
    rows = []
    for row in rows_of(frame):
        # An intercept and sigma are returns a session; slopes have no unit.
        shown = [percent(row[name]) if name == "alpha" else number(row[name]) for name in parameters]
        rows.append(
            (
                clean(row["event_id"]),
                clean(row["model"]),
                count(row["n_obs"]),
                *shown,
                share(row["sigma"], 2),
                number(row["r_squared"]),
                reason(row["reason"], row["detail"]) if not is_missing(row["reason"]) else "",
            )
        )
    note = "alpha and sigma are per session."
    return table("Expected-return models", columns, rows, note).without_empty()


def event_cars(tables: Frames, event_id: str) -> DisplayTable:
    """Return abnormal returns of one event: a row for each model and window, day 0 first."""
    effects = event_effects(tables, event_id)
    note = "Single-event t test with the exact standard error of the window, forecast error included."
    return effect_table(f"Abnormal returns of {clean(event_id)}", "CAR", effects, note)


def mean_cars(tables: Frames) -> DisplayTable:
    """Return the mean abnormal return of all kept events: a row for each model and window."""
    effects = mean_effects(tables)
    note = _mean_note(effects, asked=asked_for_mean(tables))
    made = effect_table("Mean abnormal return of the kept events", "CAAR", effects, note, with_n=True)
    return made.without_empty()


def _mean_note(effects: Sequence[Effect], *, asked: bool) -> str:
    """Return where the interval of a mean comes from, or why there is none."""
    if any(not is_missing(each.statistic) for each in effects):
        return "Cross-sectional t test: the events are taken as independent draws."
    test = "The cross-sectional test has no value" if asked else "No cross-sectional test was asked for"
    if effects and all(each.n == 1 for each in effects):
        return f"{test}; one event has no spread, so there is no interval across events."
    if all(is_missing(each.low) for each in effects):
        return f"{test}, and there is no interval."
    return f"{test}; the interval is that of the CAAR path."


def effect_table(
    title: str, measure: str, effects: Sequence[Effect], note: str, *, with_n: bool = False
) -> DisplayTable:
    """Return effects as rows; `measure` is what the column of values is called, `with_n` whether N is shown."""
    columns = [_left("Model"), _left("Window"), _left("Sessions"), Column(measure), Column("s.e.")]
    columns += [Column("t"), Column("p"), Column("95% interval"), Column("N"), _left("Reason")]
    rows = [
        (
            clean(each.model),
            clean(each.window),
            days(each.start, each.end),
            percent(each.value),
            share(each.std_error, 2),
            t_value(each.statistic),
            p_value(each.p_value),
            interval(each.low, each.high),
            count(each.n) if with_n else "",
            reason(each.reason),
        )
        for each in effects
    ]
    return table(title, columns, rows, note).without_empty()


def significance(tables: Frames, event_id: str | None = None) -> DisplayTable:
    """Return the tests of the mean effect, and those of one event if it is named."""
    frame = tables["tests"]
    single = frame["event_id"].fillna("")
    frame = frame[(single == "") | (single == (event_id or ""))]
    several = frame["group"].map(clean).nunique() > 1
    adjusted = bool(frame["p_adjusted"].notna().any())
    columns = [*map(_left, ("Test", "Of", "Model", "Group", "Sessions")), Column("N"), Column("Estimate")]
    columns += [Column("s.e."), Column("Statistic"), _left("Reference"), Column("p"), Column("p adjusted")]
    columns += [_left("Reason")]
    rows = []
    for row in rows_of(frame):
        in_percent = str(row["measure"]).lower() in RETURN_MEASURES
        rows.append(
            (
                clean(row["test"]),
                clean(row["event_id"]) or f"mean {clean(row['measure']).upper()}",
                clean(row["model"]),
                clean(row["group"]) if several else "",
                days(row["start"], row["end"]),
                count(row["n"]),
                percent(row["estimate"]) if in_percent else number(row["estimate"]),
                share(row["std_error"], 2) if in_percent else number(row["std_error"]),
                t_value(row["statistic"]),
                clean(row["distribution"]),
                p_value(row["p_value"]),
                p_value(row["p_adjusted"]) if adjusted else "",
                reason(row["reason"]),
            )
        )
    made = table("Tests of no abnormal return", columns, rows, _test_note(frame))
    # Of one event no test of the mean has a value: its reason says so, and must not be pushed out of sight.
    return made.without_empty(MISSING)


def _test_note(frame: pd.DataFrame) -> str:
    sides = ", ".join(dict.fromkeys(frame["alternative"].map(clean)))
    conventions = ", ".join(dict.fromkeys(frame["convention"].map(clean)))
    return f"Alternative: {sides or MISSING}. Convention: {conventions or MISSING}." if len(frame) else ""


def ladder(tables: Frames, event_id: str) -> DisplayTable:
    """Return the rungs of one event: each price against the one base price, and how unusual the move was."""
    rungs = leg_rows(tables["reactions"], event_id, "rung")
    base = rungs["base_price"].dropna()
    told = f"Every rung is measured from one base price, {price(base.iloc[0])}." if len(base) else ""
    is_quoted = (rungs["price_source"] == "quoted") & rungs["raw"].notna()
    quoted = "Quoted: a figure the press reported, not a price we measured."
    notes = (told, quoted if is_quoted.any() else "", *_reaction_notes(rungs))
    return _reaction_table(f"Reaction of {clean(event_id)}: from the base price", "Rung", rungs, notes)


def legs(tables: Frames, event_id: str) -> DisplayTable:
    """Return the legs of one event: each move from the rung before."""
    rows = leg_rows(tables["reactions"], event_id, "leg")
    notes = _reaction_notes(rows)
    return _reaction_table(f"Reaction of {clean(event_id)}: leg by leg", "Leg", rows, notes)


def _reaction_notes(rows: pd.DataFrame) -> list[str]:
    """Return what the standing is, and what each reason in the table means."""
    notes = []
    if rows["percentile"].notna().any():
        notes.append(
            "Larger than: the share of N comparable earlier moves of this stock, its own events left out, that were "
            "smaller in size (one minus the empirical p-value)."
        )
    codes = [code for cell in rows["reason"].map(clean) for code in cell.split("; ") if reason(code)]
    return [
        *notes,
        *(
            f"{reason(code).capitalize()}: {reason_sentence(code)}"
            for code in dict.fromkeys(codes)
            if reason_sentence(code)
        ),
    ]


def _reaction_table(title: str, first: str, frame: pd.DataFrame, notes: Iterable[str]) -> DisplayTable:
    columns = [_left(first), Column("Price"), _left("Source"), Column("Raw"), Column("Expected")]
    columns += [Column("Abnormal"), Column("z"), Column("Larger than"), Column("of N"), _left("Grade"), _left("Reason")]
    graded = frame["grade"].isin(PRINT_GRADES).any()
    rows = [
        (
            leg_title(str(row["leg"]), str(row["kind"])),
            price(row["price"]),
            MISSING if is_missing(row["raw"]) else clean(row["price_source"]),
            percent(row["raw"]),
            percent(row["expected"]),
            percent(row["abnormal"]),
            t_value(row["z"]),
            percentile(row["percentile"]),
            count(row["n"]),
            clean(row["grade"]) if graded else "",
            reason(row["reason"]),
        )
        for row in rows_of(frame)
    ]
    told = GRADE_NOTE if graded else ""
    return table(title, columns, rows, *notes, told).without_empty()


def aar(tables: Frames) -> DisplayTable:
    """Return the mean abnormal return session by session, and its sum since the window began."""
    columns = [_left("Model"), Column("Day"), Column("N"), Column("AAR"), Column("s.e.")]
    columns += [Column("CAAR"), Column("CAAR s.e."), Column("95% interval")]
    rows = [
        (
            clean(row["model"]),
            days(row["day"], row["day"]).strip("[]"),
            count(row["n"]),
            percent(row["aar"]),
            share(row["std_error"], 2),
            percent(row["caar"]),
            share(row["caar_std_error"], 2),
            interval(row["ci_low"], row["ci_high"]),
        )
        for row in rows_of(whole_group(tables["aar"]))
    ]
    return table("Mean abnormal return day by day", columns, rows)

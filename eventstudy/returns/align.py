"""From day 0 to places in the panel: which events can be studied, and why the others can't."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from eventstudy._labels import alike, are, counts, order_by_id
from eventstudy._typing import Bools, Dates, Ints, Labels
from eventstudy.errors import DataError, Reason, UnknownNameError
from eventstudy.events import Events, Placed, Verdict
from eventstudy.events.timing import on_exchange
from eventstudy.panels import Listing, ReturnPanel
from eventstudy.returns.windows import Windows, interval

__all__ = ["Aligned", "Attrition", "align", "on_price_venue", "session_dates"]


@dataclass(frozen=True, slots=True, eq=False)
class Attrition:
    """What became of every event given; kept and dropped always add up.

    Parameters
    ----------
    event_id : ndarray of shape (G,)
        The events given, in their order.
    status : ndarray of shape (G,)
        A `Reason` each, ``ok`` for the events kept.
    detail : ndarray of shape (G,)
        The figures behind the reason, in words; empty for the events kept.
    """

    event_id: Labels
    status: Labels
    detail: Labels

    @property
    def kept(self) -> Bools:
        """Which events were kept, shape (G,)."""
        return are(self.status, Reason.OK)

    def counts(self) -> dict[str, int]:
        """Return how many events were dropped for each reason, the most frequent first."""
        dropped = counts(self.status[~self.kept])
        return dict(sorted(dropped.items(), key=lambda item: (-item[1], item[0])))

    def told(self, most: int = 10) -> str:
        """Return what became of the events in a sentence that names the first that fell out, each with its reason."""
        out = np.flatnonzero(~self.kept)
        if not len(self.event_id):
            return "none was given."
        named = [
            f"{self.event_id[each]} {self.status[each]}" + (f" ({self.detail[each]})" if self.detail[each] else "")
            for each in out[:most]
        ]
        more = [f"and {len(out) - most} more"] if len(out) > most else []
        return f"of {len(self.event_id)} given, {len(out)} fell out: {'; '.join(named + more)}."


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """The events kept, in the engine's order (symbol, day 0, id), as places in the panel.

    Parameters
    ----------
    windows : Windows
        What was asked for.
    row : ndarray of shape (E,)
        Position of each among the events given.
    code : ndarray of shape (E,)
        Its symbol in the panel's listing.
    day0 : ndarray of shape (E,)
        Its day 0, a session index of the symbol's calendar.
    attrition : Attrition
        What became of every event given.
    masked : ndarray of shape (n,), optional
        Sessions, flat over the panel's listing, that no estimation window uses.
    own_estimation : ndarray of shape (E, 2), optional
        First and last day of each event's own estimation window, where columns of the events narrow it.
    own_windows : ndarray of shape (E, W, 2), optional
        First and last day of each reported window for each event, where columns of the events narrow any of them.
    """

    windows: Windows
    row: Ints
    code: Ints
    day0: Ints
    attrition: Attrition
    masked: Bools | None = None
    own_estimation: Ints | None = None
    own_windows: Ints | None = None

    def __len__(self) -> int:
        return len(self.row)

    def dates(self, listing: Listing) -> Dates:
        """Return the date of each event's day 0, shape (E,)."""
        return self._dates(listing, self.day0)

    def spans(self, listing: Listing) -> dict[str, Dates]:
        """Return the dates of the first and last session of each reported window of each event, shape (E, 2) each."""
        reported = self.windows.reported
        days = np.array([(each.start, each.end) for each in reported])[None]
        own = days if self.own_windows is None else self.own_windows
        found = self._dates(listing, self.day0[:, None, None] + own)
        return {window.name: found[:, place] for place, window in enumerate(reported)}

    def _dates(self, listing: Listing, sessions: Ints) -> Dates:
        """Return the dates of sessions of the events' own calendars, shape (E, ...)."""
        return session_dates(listing, self.code, sessions)

    def without(self, verdict: Verdict) -> Aligned:
        """Return what is left once screens have dropped events; what they mask is not looked at."""
        given = self.attrition
        out = given.kept & ~are(verdict.status, Reason.OK)
        if not out.any():
            return self
        status, detail = given.status.copy(), given.detail.copy()
        status[out], detail[out] = verdict.status[out], verdict.detail[out]
        stays = ~out[self.row]
        return replace(
            self,
            row=self.row[stays],
            code=self.code[stays],
            day0=self.day0[stays],
            attrition=Attrition(given.event_id, status, detail),
            own_estimation=None if self.own_estimation is None else self.own_estimation[stays],
            own_windows=None if self.own_windows is None else self.own_windows[stays],
        )

    def estimation_panel(self, panel: ReturnPanel) -> ReturnPanel:
        """Return what models are estimated from: the panel, without the sessions that are masked."""
        return _without(panel, self.masked)


def session_dates(listing: Listing, code: Ints, sessions: Ints) -> Dates:
    """Return the dates of sessions, shape (n, ...), of the calendars of n symbols."""
    if len(listing.exchanges) == 1:
        return listing.calendars[0].sessions[sessions]
    found = np.empty(sessions.shape, dtype="datetime64[D]")
    for place, calendar in enumerate(listing.exchanges.values()):
        of = (listing.exchange == place)[code]
        found[of] = calendar.sessions[sessions[of]]
    return found


def _without(panel: ReturnPanel, masked: Bools | None) -> ReturnPanel:
    return panel if masked is None else replace(panel, values=np.where(masked, np.nan, panel.values))


def on_price_venue(events: Events, listing: Listing) -> Events:
    """Return the events on the exchange where their symbol's prices come from; see `on_exchange`.

    An announcement is placed in the sessions of the price series that it is measured on; a symbol without
    prices keeps the exchange it was given.
    """
    codes = listing.codes(events.symbol)
    if len(listing.exchanges) == 1 and (codes >= 0).all():
        return on_exchange(events, alike(next(iter(listing.exchanges)), len(events)))
    venues = np.array([*(calendar.code for calendar in listing.calendars), ""], dtype=object)[codes]
    return on_exchange(events, np.where(codes >= 0, venues, events.calendar))


def align(
    events: Events, placed: Placed, panel: ReturnPanel, windows: Windows, screened: Verdict | None = None
) -> Aligned:
    """Find the places of all events, and drop with a reason those that can't be studied.

    Parameters
    ----------
    events : Events
        G announcements, on the venue of their prices (`on_price_venue`).
    placed : Placed
        Their day 0.
    panel : ReturnPanel
        Returns by symbol.
    windows : Windows
        Estimation and event window.
    screened : Verdict, optional
        What the screens say: drops, and sessions to leave out of estimation windows.

    Returns
    -------
    Aligned
        The events kept, with the attrition of all G.

    Notes
    -----
    Offsets count sessions of the symbol's exchange, so a missing return never shifts a window. A window cut
    short by the beginning of the data is used if `Windows.fewest` returns are left.
    """
    code = panel.listing.codes(events.symbol)
    days = {name: _own_days(events, windows, name) for name in windows.columns}
    estimation = days.pop("estimation", None)
    unknown, known = np.flatnonzero(code < 0), np.flatnonzero(code >= 0)
    masked = None if screened is None else screened.masked
    parts = _estimation_parts(windows, None if estimation is None else estimation[known], len(known))
    status, detail = _statuses(code[known], placed.day0[known], panel, windows, masked, parts)
    if len(unknown):
        found, told = status, detail
        status, detail = (alike(each, len(events)).copy() for each in (str(Reason.UNKNOWN_SYMBOL), ""))
        status[known], detail[known] = found, told
        detail[unknown] = [_without_prices(symbol) for symbol in events.symbol[unknown]]
    closed = ~are(placed.status, Reason.OK)
    if closed.any():
        status, detail = status.copy(), detail.copy()
        status[closed], detail[closed] = placed.status[closed], [str(day) for day in events.date[closed]]
    kept = np.flatnonzero(are(status, Reason.OK))
    row = kept[order_by_id([code[kept], placed.day0[kept]], events.event_id, kept)]
    aligned = Aligned(
        windows=windows,
        row=row,
        code=code[row],
        day0=placed.day0[row],
        attrition=Attrition(events.event_id, status, detail),
        masked=masked,
        own_estimation=None if estimation is None else estimation[row],
        own_windows=_own_windows(windows, days, row) if days else None,
    )
    return aligned if screened is None else aligned.without(screened)


def _own_days(events: Events, windows: Windows, name: str) -> Ints:
    """Return first and last day of a window for every event, shape (G, 2)."""
    widest = windows.estimation if name == "estimation" else windows.named[name]
    days = np.empty((len(events), 2), dtype=np.int64)
    for place, column in enumerate(windows.columns[name]):
        if column not in events.values:
            raise UnknownNameError("value of the events to narrow a window", column, events.values)
        given = events.values[column]
        days[:, place] = np.where(np.isnan(given), widest[place], np.nan_to_num(given))
    wrong = (days[:, 0] < widest[0]) | (days[:, 1] > widest[1]) | (days[:, 0] > days[:, 1])
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        narrowed = f"[{days[row, 0]:+d},{days[row, 1]:+d}]"
        raise DataError(
            f"The event {events.event_id[row]} narrows the window {name!r} to {narrowed}, which does not lie within "
            f"{interval(*widest)}; widen the window."
        )
    return days


def _own_windows(windows: Windows, days: Mapping[str, Ints], rows: Ints) -> Ints:
    """Return first and last day of every reported window for each event, shape (E, W, 2)."""
    own = [
        days[each.name][rows] if each.name in days else np.tile((each.start, each.end), (len(rows), 1))
        for each in windows.reported
    ]
    return np.stack(own, axis=1).astype(np.int64)


def _estimation_parts(windows: Windows, own: Ints | None, count: int) -> list[tuple[Ints, Ints]]:
    """Return first and last days of the parts of each event's estimation window."""
    before = np.tile(windows.estimation, (count, 1)) if own is None else own
    parts = [(before[:, 0], before[:, 1])]
    if windows.estimation_after is not None:
        after = np.tile(windows.estimation_after, (count, 1))
        parts.append((after[:, 0], after[:, 1]))
    return parts


def _without_prices(symbol: str) -> str:
    # Exchanges write tickers in capitals, lists of events often do not.
    return f"no prices of {symbol}" + ("; capitals count" if symbol != symbol.upper() else "")


def _statuses(
    code: Ints,
    day0: Ints,
    panel: ReturnPanel,
    windows: Windows,
    masked: Bools | None,
    estimation: list[tuple[Ints, Ints]],
) -> tuple[Labels, Labels]:
    """Return the status of each event and the figures behind it; the first reason that holds is given."""
    first, last = _sample_edges(panel.listing)
    after_last, before_day0 = day0 - last[code], day0 - first[code]
    before, after = windows.event
    missing = np.isnan(panel.values)
    gaps = np.flatnonzero(missing)
    in_event = _count(gaps, panel.listing, code, [(day0 + before, day0 + after)])
    in_estimation = _count(
        gaps if masked is None else np.flatnonzero(missing | masked),
        panel.listing,
        code,
        [(day0 + start, day0 + end) for start, end in estimation],
    )
    reasons = {
        Reason.DATE_AFTER_CALENDAR: after_last > 0,
        Reason.WINDOW_OUTSIDE_CALENDAR: (before_day0 + before < 0) | (after_last + after > 0),
        Reason.NO_RETURNS: in_event == 0,
        Reason.TOO_FEW_ESTIMATION_DAYS: in_estimation < windows.fewest,
    }
    which = np.select(list(reasons.values()), list(range(len(reasons))), default=len(reasons))
    out = np.flatnonzero(which < len(reasons))
    if not len(out):
        return alike(Reason.OK, len(code)), alike("", len(code))
    names = np.array([*reasons, Reason.OK], dtype=np.object_)
    status, detail = names[which], alike("", len(code)).copy()
    for i in out:
        match status[i]:
            case Reason.DATE_AFTER_CALENDAR:
                detail[i] = f"{after_last[i]} sessions after the last price"
            case Reason.WINDOW_OUTSIDE_CALENDAR:
                side = "before" if before_day0[i] >= 0 else "after"
                detail[i] = f"prices from {abs(before_day0[i])} sessions {side} day 0 to {-after_last[i]} after it"
            case Reason.NO_RETURNS:
                detail[i] = f"0 of {len(windows.days)} event-window returns"
            case _:
                detail[i] = f"{in_estimation[i]} of {windows.fewest} estimation returns"
    return status, detail


def _sample_edges(listing: Listing) -> tuple[Ints, Ints]:
    """Return, for each symbol, the first and last session at which any symbol of its exchange has data."""
    first, last = listing.first.copy(), listing.last.copy()
    for place in range(len(listing.exchanges)):
        of = listing.exchange == place
        first[of], last[of] = listing.first[of].min(), listing.last[of].max()
    return first, last


def _count(gaps: Ints, listing: Listing, code: Ints, spans: list[tuple[Ints, Ints]]) -> Ints:
    """Return how many returns each symbol has between sessions of it, both included, shape (n,); gaps have none."""
    base, length = listing.offsets[code], listing.lengths[code]
    found = np.zeros_like(code)
    for start, end in spans:
        low = np.clip(start - listing.first[code], 0, length)
        high = np.clip(end + 1 - listing.first[code], low, length)
        found += high - low - (np.searchsorted(gaps, base + high) - np.searchsorted(gaps, base + low))
    return found

"""Where the calendar library errs: a dated table of corrections, each with its source."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

__all__ = ["CORRECTIONS", "Correction"]


@dataclass(frozen=True, slots=True)
class Correction:
    """What an exchange did on one date, or from one date to another, where the library says otherwise.

    Parameters
    ----------
    exchange : str
        Market identifier code.
    date : date
        Date in the exchange's zone.
    source : str
        Who says so; `UNSEEN` at its end where the notice itself was not looked up.
    opens, closes : str, optional
        Time of day at which trading began or ended, in the exchange's zone; without any time there was no session.
        A date of which both are known is a session, also where the library has none.
    break_starts, break_ends : str, optional
        Lunch break, in the exchange's zone.
    last : date, optional
        Last date of a stretch whose regular hours these were; half days and late opens within it stay as they are.
    """

    exchange: str
    date: dt.date
    source: str
    opens: str | None = None
    closes: str | None = None
    break_starts: str | None = None
    break_ends: str | None = None
    last: dt.date | None = None

    @property
    def is_closed(self) -> bool:
        """Whether there was no session at all."""
        return not (self.opens or self.closes or self.break_starts or self.break_ends)

    @property
    def says(self) -> str:
        """What is corrected, in words."""
        hours = (
            ("opens at", self.opens),
            ("breaks at", self.break_starts),
            ("resumes at", self.break_ends),
            ("closes at", self.closes),
        )
        words = " and ".join(f"{verb} {hour}" for verb, hour in hours if hour) or "no session"
        return f"{words}, until {self.last}" if self.last else words


UNSEEN = " (from general knowledge; the notice was not looked up)"
"""Ends the source of a row that rests on no document and no library that we compared with."""

NEW_YORK = ("XNYS", "XNAS", "ARCX", "XASE", "BATS")


def _on(
    exchange: str, dates: str, source: str, opens: str | None = None, closes: str | None = None
) -> list[Correction]:
    """Return the correction of each of several dates, which are parted by spaces."""
    return [Correction(exchange, dt.date.fromisoformat(day), source, opens, closes) for day in dates.split()]


def _regular(
    exchange: str,
    dates: str,
    source: str,
    opens: str | None = None,
    closes: str | None = None,
    lunch: tuple[str | None, str | None] = (None, None),
) -> Correction:
    """Return regular hours between two dates, which are parted by a space."""
    first, last = map(dt.date.fromisoformat, dates.split())
    return Correction(exchange, first, source, opens, closes, *lunch, last=last)


def _new_york(exchange: str) -> list[Correction]:
    """Return what holds for New York's exchanges alike."""
    return [
        _regular(
            exchange,
            "1974-01-02 1974-09-30",
            "NYSE: the close moved to 4:00 pm on 1 October 1974; TradingHours.com, NYSE Historical Trading Schedules",
            closes="15:30",
        ),
        _regular(
            exchange,
            "1985-01-02 1985-09-27",
            "NYSE: the open moved to 9:30 am on 30 September 1985; TradingHours.com, NYSE Historical Trading Schedules",
            opens="10:00",
        ),
        *_on(
            exchange,
            "1999-12-31",
            "NYSE and Nasdaq closed at 1 pm before the year 2000; exchange_calendars",
            closes="13:00",
        ),
    ]


# Checked against pandas_market_calendars 5.5.0 (exchange_calendars 4.13.2). Its two Hong Kong codes disagree on 18
# sessions from 1990 to 2028. XHKG, which we read, errs on 14 of them and HKEX on the other four: 2020-10-13 (typhoon
# Nangka), 2021-10-13 (typhoon Kompasu) and 2024-09-06 (typhoon Yagi) saw no trading, and 2021-04-06 was the day after
# an Easter Monday on which Ching Ming was kept. HKEX has no half days at all and opens at 09:30 before March 2011.
# From 2024-09-23 on Hong Kong trades through typhoons, so that no further rows of their kind are to come.
_HONG_KONG = [
    _regular(
        "XHKG",
        "1990-01-02 2011-03-04",
        "HKEX news release of 23 November 2010: longer hours from 7 March 2011; before, lunch from 12:30 pm to 2:30 pm",
        lunch=("12:30", "14:30"),
    ),
    _regular(
        "XHKG",
        "2011-03-07 2012-03-02",
        "HKEX news release of 23 November 2010: lunch from 12:00 noon to 1:30 pm, and to 1:00 pm from 5 March 2012",
        lunch=("12:00", "13:30"),
    ),
    *_on(
        "XHKG",
        "1990-05-02 1991-05-21 1992-05-11 1993-05-28 1994-05-18 1995-05-08 1996-05-24 1997-05-14 1998-05-04",
        "Buddha's birthday is a general holiday since 1999 only (Holidays Ordinance); pandas_market_calendars' HKEX",
        opens="10:00",
        closes="16:00",
    ),
    *_on(
        "XHKG",
        "1991-02-14 1997-02-06",
        "Holidays Ordinance: New Year's Eve was kept where a Sunday was among the first three days of the lunar year",
    ),
    *_on("XHKG", "1993-10-01", "Holidays Ordinance: the day following the Mid-Autumn Festival of 30 September 1993"),
    *_on(
        "XHKG",
        "2019-07-31",
        "HKEX severe weather arrangements: trading ended at 1:55 pm, 15 minutes after signal 8 (typhoon Wipha)"
        + UNSEEN,
        closes="13:55",
    ),
    *_on(
        "XHKG",
        "2020-08-19",
        "HKEX market communication of 19 August 2020: trading resumes at 1:30 pm (typhoon Higos)",
        opens="13:30",
    ),
    *_on(
        "XHKG",
        "2021-06-28",
        "HKEX market communication of 28 June 2021: trading begins at 1:30 pm (black rainstorm warning)",
        opens="13:30",
    ),
    *_on(
        "XHKG",
        "2022-08-25",
        "HKEX announcement of 25 August 2022, as Bloomberg reports: the session begins at 1 pm (typhoon Ma-on)",
        opens="13:00",
    ),
    *_on(
        "XHKG",
        "2022-11-02",
        "HKEX market communication of 2 November 2022: trading terminated at 1:55 pm (tropical storm Nalgae)",
        closes="13:55",
    ),
    *_on("XHKG", "2023-09-01", "HKEX market communication of 1 September 2023: all sessions cancelled (typhoon Saola)"),
    *_on(
        "XHKG",
        "2023-09-08",
        "HKEX market communication of 8 September 2023: all sessions cancelled (black rainstorm, extreme conditions)",
    ),
    *_on(
        "XHKG",
        "2023-10-09",
        "HKEX market communication of 9 October 2023: trading commences at 2:00 pm (typhoon Koinu)",
        opens="14:00",
    ),
    *_on(
        "XHKG",
        "2029-09-24",
        "The day after Mid-Autumn Festival falls on a Sunday, and the holiday on the Monday, as HKEX kept it on "
        "12 September 2022",
    ),
]

_TOKYO = [
    _regular(
        "XTKS",
        "1990-01-04 2011-11-18",
        "TSE news of November 2010: the morning session ends at 11:30 am, not 11:00; from 21 November 2011",
        lunch=("11:00", None),
    ),
    _regular(
        "XTKS",
        "2006-01-19 2006-04-21",
        "TSE began its afternoon sessions at 1:00 pm after its systems had been overloaded; Japan Times, 21 April 2006",
        lunch=(None, "13:00"),
    ),
    *_on(
        "XTKS",
        "1990-01-04 1990-12-28 1991-01-04 1991-12-30 1992-01-06 1992-12-30 1993-01-04 1993-12-30 1994-01-04 "
        "1994-12-30 1995-01-04 1995-12-29 1996-01-04 1996-12-30 1997-01-06 1997-12-30 1998-01-05 1998-12-30 "
        "1999-01-04 1999-12-30 2000-01-04 2000-12-29 2001-01-04 2001-12-28 2002-01-04 2002-12-30 2003-01-06 "
        "2003-12-30 2004-01-05 2004-12-30 2005-01-04 2005-12-30 2006-01-04 2006-12-29 2007-01-04 2007-12-28 "
        "2008-01-04 2008-12-30 2009-01-05",
        "TSE had a morning session only on the first and the last day of a year, until 2009; Rakuten Securities",
        closes="11:00",
    ),
    *_on(
        "XTKS",
        "2005-11-01",
        "TSE: trading began at 1:30 pm after a failure of its systems; PBS, 18 January 2006",
        opens="13:30",
    ),
    *_on("XTKS", "2006-01-18", "TSE: all trading was halted at 2:40 pm; Japan Times, 19 January 2006", closes="14:40"),
]

_FIRST_OF_YEAR = "KRX opens an hour later on the first day of a year; exchange_calendars' XKRX"
_EXAM = "KRX moves its hours on the day of the college scholastic ability test; exchange_calendars' XKRX"
_KOREA = [
    *_on("XKRX", "1993-01-04", _FIRST_OF_YEAR, opens="10:40"),
    *_on("XKRX", "1995-01-03 1996-01-03 1997-01-03", _FIRST_OF_YEAR, opens="10:30"),
    *_on(
        "XKRX",
        "1999-01-04 2000-01-04 2001-01-02 2002-01-02 2003-01-02 2004-01-02 2005-01-03 2006-01-02 2007-01-02 2008-01-02 "
        "2009-01-02 2010-01-04 2011-01-03 2012-01-02 2013-01-02 2014-01-02 2015-01-02 2016-01-04 2017-01-02 2018-01-02 "
        "2019-01-02 2020-01-02 2021-01-04 2022-01-03 2023-01-02 2024-01-02 2025-01-02 2026-01-02 2027-01-04 2028-01-03 "
        "2029-01-02 2030-01-02",
        _FIRST_OF_YEAR,
        opens="10:00",
    ),
    *_on("XKRX", "1993-08-20 1993-11-16 1994-11-23", _EXAM, opens="10:10", closes="15:50"),
    *_on("XKRX", "1995-11-22 1996-11-13 1997-11-19", _EXAM, opens="10:00", closes="15:30"),
    *_on("XKRX", "1998-11-18", _EXAM, opens="10:30", closes="16:00"),
    *_on(
        "XKRX",
        "1999-11-17 2000-11-15 2001-11-07 2002-11-06 2003-11-05 2004-11-17 2005-11-23 2006-11-16 2007-11-15 2008-11-13 "
        "2009-11-12 2010-11-18 2011-11-10 2012-11-08 2013-11-07 2014-11-13 2015-11-12",
        _EXAM,
        opens="10:00",
        closes="16:00",
    ),
    # exchange_calendars moves 2017-11-16 too; the test was put off the evening before, and we keep the usual hours.
    *_on("XKRX", "2016-11-17 2017-11-23 2018-11-15 2019-11-14 2020-12-03", _EXAM, opens="10:00", closes="16:30"),
    *_on(
        "XKRX",
        "2021-11-18 2022-11-17 2023-11-16 2024-11-14 2025-11-13 2026-11-19",
        "KRX opens at 10:00 and closes at 16:30 on the day of the college scholastic ability test" + UNSEEN,
        opens="10:00",
        closes="16:30",
    ),
    *_on("XKRX", "2026-06-03", "Public Official Election Act: nationwide local elections, a public holiday" + UNSEEN),
    *_on(
        "XKRX",
        "2028-04-12",
        "Public Official Election Act: elections of the National Assembly, a public holiday" + UNSEEN,
    ),
]

_MAKE_UP = (
    "TWSE traded on Saturdays on which work was made up for a holiday that bridged a weekend, until 2018" + UNSEEN
)
_TAIPEI = [
    _regular(
        "XTAI",
        "1990-01-02 2000-12-30",
        "TWSE extended its hours on 2 January 2001: before, 9:00 to 12:00" + UNSEEN,
        closes="12:00",
    ),
    *_on(
        "XTAI", "1999-09-21 1999-09-22 1999-09-23", "TWSE was closed after the earthquake of 21 September 1999" + UNSEEN
    ),
    *_on("XTAI", "2001-07-30", "TWSE: no trading for typhoon Toraji, as offices in Taipei were closed" + UNSEEN),
    *_on("XTAI", "2001-09-12", "TWSE: no trading on the day after the attacks of 11 September 2001" + UNSEEN),
    *_on(
        "XTAI", "2001-09-17 2001-09-18", "TWSE: no trading for typhoon Nari, as offices in Taipei were closed" + UNSEEN
    ),
    *_on("XTAI", "2024-10-31", "TWSE: no trading for typhoon Kong-rey, as offices in Taipei were closed" + UNSEEN),
    *_on(
        "XTAI",
        "2012-03-03 2012-12-22 2013-02-23 2013-09-14 2014-12-27 2016-01-30 2016-06-04 2016-09-10 2017-02-18 2017-06-03 "
        "2017-09-30 2018-03-31 2018-12-22",
        _MAKE_UP,
        opens="09:00",
        closes="13:30",
    ),
]

# The library's BSE knows Muhurat trading of some years as full sessions, of others not at all.
_MUHURAT = "Muhurat trading of Diwali, an evening session of about an hour; pandas_market_calendars' NSE"
_ON_WEEKEND = "Muhurat trading of Diwali, on a weekend" + UNSEEN
_BUDGET = "Trading on the day of the Union budget, in regular hours"
_RECOVERY = "Trading on a Saturday to test the disaster recovery site" + UNSEEN
_BOMBAY = [
    _regular("XBOM", "2000-01-03 2009-12-31", "Trading began at 9:55 am; pandas_market_calendars' NSE", opens="09:55"),
    _regular("XBOM", "2010-01-04 2010-10-15", "Trading began at 9:00 am; pandas_market_calendars' NSE", opens="09:00"),
    *_on("XBOM", "2000-10-26", _MUHURAT, "18:30", "19:45"),
    *_on("XBOM", "2001-11-14 2002-11-04", _MUHURAT, "17:00", "18:15"),
    *_on("XBOM", "2004-11-12", _MUHURAT, "17:30", "18:45"),
    *_on("XBOM", "2005-11-01", _MUHURAT, "18:05", "19:20"),
    *_on("XBOM", "2007-11-09", _MUHURAT, "18:00", "19:00"),
    *_on("XBOM", "2008-10-28 2010-11-05", _MUHURAT, "18:15", "19:15"),
    *_on("XBOM", "2011-10-26", _MUHURAT, "16:45", "18:00"),
    *_on("XBOM", "2012-11-13", _MUHURAT, "15:45", "17:00"),
    *_on("XBOM", "2009-10-17 2019-10-27 2020-11-14 2023-11-12", _ON_WEEKEND, "18:15", "19:15"),
    *_on("XBOM", "2013-11-03", _ON_WEEKEND, "18:15", "19:30"),
    *_on("XBOM", "2014-10-23 2017-10-19", _MUHURAT, "18:30", "19:30"),
    *_on("XBOM", "2016-10-30", _ON_WEEKEND, "18:30", "19:30"),
    *_on("XBOM", "2015-11-11", _MUHURAT, "17:45", "18:45"),
    *_on("XBOM", "2018-11-07", _MUHURAT, "17:30", "18:30"),
    *_on("XBOM", "2021-11-04 2022-10-24", _MUHURAT, "18:15", "19:15"),
    *_on("XBOM", "2024-11-01", _MUHURAT, "18:00", "19:00"),
    *_on("XBOM", "2025-10-21", _MUHURAT, "13:45", "14:45"),
    *_on("XBOM", "2015-02-28 2020-02-01 2026-02-01", _BUDGET + UNSEEN, "09:15", "15:30"),
    *_on("XBOM", "2025-02-01", _BUDGET + "; exchange_calendars names it", "09:15", "15:30"),
    *_on(
        "XBOM",
        "2024-01-20",
        "Full trading on the Saturday before a holiday; exchange_calendars names it",
        "09:15",
        "15:30",
    ),
    *_on("XBOM", "2024-03-02", _RECOVERY, "09:15", "12:30"),
    *_on("XBOM", "2024-05-18", _RECOVERY, "09:15", "12:40"),
    *_on("XBOM", "2020-05-25", "Exchange holidays of 2020: Id-ul-Fitr; exchange_calendars and NSE agree"),
    *_on("XBOM", "2020-07-31", "Exchange holidays of 2020: Bakri Id fell on Saturday 1 August", "09:15", "15:30"),
    *_on(
        "XBOM",
        "2021-02-24",
        "Trading until 5 pm after NSE had failed for most of the day; pandas_market_calendars' NSE",
        closes="17:00",
    ),
]

_EUROPE = [
    _regular(
        "XLON", "1990-01-02 1998-07-17", "LSE: trading began at 8:30 am until 20 July 1998" + UNSEEN, opens="08:30"
    ),
    _regular(
        "XLON",
        "1998-07-20 1999-09-17",
        "LSE: trading began at 9:00 am until September 1999; The Independent, 10 March 1999",
        opens="09:00",
    ),
    _regular(
        "XETR", "1997-11-28 1999-09-17", "Deutsche Börse: Xetra's first hours, 8:30 to 17:00" + UNSEEN, "08:30", "17:00"
    ),
    _regular(
        "XETR",
        "2000-06-02 2003-10-31",
        "Deutsche Börse: Xetra until 8 pm from June 2000 to 31 October 2003; Deutsche Welle, 3 November 2003",
        closes="20:00",
    ),
    _regular(
        "XFRA",
        "2000-06-02 2011-05-31",
        "Deutsche Börse: the floor until 8 pm, also when Xetra closes at 5:30 pm; Deutsche Welle, 3 November 2003",
        closes="20:00",
    ),
    _regular(
        "XFRA",
        "2011-06-01 2021-11-26",
        "Deutsche Börse: the floor from 8 am from 1 June 2011 on; dpa, 24 March 2011",
        opens="08:00",
        closes="20:00",
    ),
    _regular(
        "XFRA",
        "2021-11-29 2030-12-31",
        "Börse Frankfurt, trading calendar 2021: the floor from 8 am to 10 pm from 29 November 2021 on",
        opens="08:00",
        closes="22:00",
    ),
]

_OTHERS = [
    *_on(
        "XTSE",
        "2018-04-27",
        "TMX Group: trading was halted at 1:39 pm for the rest of the day" + UNSEEN,
        closes="13:39",
    ),
]

CORRECTIONS = tuple(
    sorted(
        [
            *(each for exchange in NEW_YORK for each in _new_york(exchange)),
            *_HONG_KONG,
            *_TOKYO,
            *_KOREA,
            *_TAIPEI,
            *_BOMBAY,
            *_EUROPE,
            *_OTHERS,
        ],
        key=lambda each: each.date,
    )
)

"""Where the calendar library errs: a dated table of corrections, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

__all__ = ["CORRECTIONS", "Correction"]


@dataclass(frozen=True, slots=True)
class Correction:
    """What an exchange did on one date, where the library says otherwise.

    Parameters
    ----------
    exchange : str
        Market identifier code.
    date : date
        Date in the exchange's zone.
    source : str
        Who says so.
    opens, closes : str, optional
        Time of day at which trading began or ended, in the exchange's zone; without both there was no session.
    """

    exchange: str
    date: date
    source: str
    opens: str | None = None
    closes: str | None = None

    @property
    def is_closed(self) -> bool:
        """Whether there was no session at all."""
        return self.opens is None and self.closes is None

    @property
    def says(self) -> str:
        """What is corrected, in words."""
        opens = f"opens at {self.opens}" if self.opens else ""
        closes = f"closes at {self.closes}" if self.closes else ""
        return " and ".join(filter(None, (opens, closes))) or "no session"


# Checked against pandas_market_calendars 5.5.0 (exchange_calendars 4.13.2). Its two Hong Kong codes disagree on six
# sessions from 2010 to 2028. XHKG, which we read, errs on two of them and HKEX on the other four: 2020-10-13 (typhoon
# Nangka), 2021-10-13 (typhoon Kompasu) and 2024-09-06 (typhoon Yagi) saw no trading, and 2021-04-06 was the day after
# an Easter Monday on which Ching Ming was kept. HKEX has no half days at all and opens at 09:30 before March 2011.
# From 2024-09-23 on Hong Kong trades through typhoons, so that no further rows of their kind are to come.
CORRECTIONS = (
    Correction(
        "XHKG",
        date(2020, 8, 19),
        "HKEX market communication of 19 August 2020: trading resumes at 1:30 pm (typhoon Higos)",
        opens="13:30",
    ),
    Correction(
        "XHKG",
        date(2021, 6, 28),
        "HKEX market communication of 28 June 2021: trading begins at 1:30 pm (black rainstorm warning)",
        opens="13:30",
    ),
    Correction(
        "XHKG",
        date(2022, 8, 25),
        "HKEX announcement of 25 August 2022, as Bloomberg reports: the session begins at 1 pm (typhoon Ma-on)",
        opens="13:00",
    ),
    Correction(
        "XHKG",
        date(2022, 11, 2),
        "HKEX market communication of 2 November 2022: trading terminated at 1:55 pm (tropical storm Nalgae)",
        closes="13:55",
    ),
    Correction(
        "XHKG",
        date(2023, 9, 1),
        "HKEX market communication of 1 September 2023: all sessions cancelled (typhoon Saola)",
    ),
    Correction(
        "XHKG",
        date(2023, 9, 8),
        "HKEX market communication of 8 September 2023: all sessions cancelled (black rainstorm, extreme conditions)",
    ),
    Correction(
        "XHKG",
        date(2023, 10, 9),
        "HKEX market communication of 9 October 2023: trading commences at 2:00 pm (typhoon Koinu)",
        opens="14:00",
    ),
    Correction(
        "XHKG",
        date(2029, 9, 24),
        "The day after Mid-Autumn Festival falls on a Sunday, and the holiday on the Monday, as HKEX kept it on "
        "12 September 2022",
    ),
)

"""The calendar library's own schedules, with which ours are compared."""

from __future__ import annotations

import warnings

import pandas as pd
import pandas_market_calendars
import pytest
from pandas.tseries.holiday import AbstractHolidayCalendar


def schedule(name: str, first: str, last: str, zone: str = "UTC") -> pd.DataFrame:
    """Return the sessions and hours of an exchange; its holidays are made of these years, not of all up to 2200."""
    year = pd.DateOffset(years=1)
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        patch.setattr(AbstractHolidayCalendar, "start_date", pd.Timestamp(first) - year)
        patch.setattr(AbstractHolidayCalendar, "end_date", pd.Timestamp(last) + year)
        found: pd.DataFrame = pandas_market_calendars.get_calendar(name).schedule(first, last, tz=zone)
        return found

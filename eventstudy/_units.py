"""Whether the returns of known factors have the unit that they are said to have."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Floats
from eventstudy.errors import DataError
from eventstudy.frames import Origin

__all__ = ["FEWEST_JUDGED", "LARGEST_MEDIAN", "SMALLEST_MEDIAN", "check_unit"]

# Sizes that half of the returns of a session, or of a month, stay below on any market, and above; other factors have
# any unit, and a riskless return may be nothing.
FELLOWS = ("mkt_rf", "smb", "hml", "rmw", "cma", "mom", "umd")
LARGEST_MEDIAN = dict.fromkeys(FELLOWS, 0.1) | {"rf": 0.005}
SMALLEST_MEDIAN = dict.fromkeys(FELLOWS, 0.0002)
FEWEST_JUDGED = 20


def check_unit(name: str, values: Floats, origin: Origin, *, percent: bool) -> None:
    """Raise `DataError` for returns of a known factor that can't be decimals a session, half of them or more.

    Parameters
    ----------
    name : str
        The factor, or ``"rf"``; one that is not known is not judged.
    values : ndarray of shape (T,)
        Its returns as they are taken, decimals per session, NaN where missing; fewer than twenty are not judged.
    origin : Origin
        Where they came from.
    percent : bool
        Whether they were said to be percent, and have been divided by 100.
    """
    sizes = np.abs(values[~np.isnan(values)])
    if sizes.size < FEWEST_JUDGED:
        return
    middle = float(np.median(sizes))
    if middle > LARGEST_MEDIAN.get(name, np.inf):
        raise DataError(
            f"{origin.name}: half of {name} is larger than {middle:g}; factors are decimals a session, 0.012 for 1.2%, "
            f"and these look like percent{' or a rate of a year' if name == 'rf' else ''}. A file in percent says so: "
            f"percent: true."
        )
    if percent and 0 < middle < SMALLEST_MEDIAN.get(name, 0.0):
        raise DataError(
            f"{origin.name}: half of {name} is smaller than {100 * middle:g}, which can't be percent, as percent: true "
            f"says; a file in decimals, 0.012 for 1.2%, goes without it."
        )

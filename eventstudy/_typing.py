"""Names for the array types of the package; shapes stand in each docstring."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
"""Numbers, NaN where missing."""
Ints: TypeAlias = NDArray[np.int64]
"""Positions and counts."""
Codes: TypeAlias = NDArray[np.integer[Any]]
"""Whole numbers of any width, where there are very many."""
Bools: TypeAlias = NDArray[np.bool_]
"""Masks."""
Rows: TypeAlias = Bools | Ints | slice
"""Which rows of an array."""
Dates: TypeAlias = NDArray[np.datetime64]
"""Calendar dates, ``datetime64[D]``, no time zone."""
Times: TypeAlias = NDArray[np.datetime64]
"""Moments, ``datetime64[s]`` in UTC, NaT where unknown."""
Labels: TypeAlias = NDArray[np.object_]
"""Text, one Python string a cell."""
Record: TypeAlias = dict[str, Any]
"""One row of a table to be."""

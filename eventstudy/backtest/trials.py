"""How many variants were tried: counted by the tool, since nobody remembers them all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np

from eventstudy.errors import InputError
from eventstudy.reports.files import json_text, write_text

__all__ = ["FILE", "Trials"]

FILE = "trials.json"


@dataclass(frozen=True, slots=True)
class Trials:
    """Every variant of a strategy that was run, each once, with the Sharpe ratio that it had.

    Parameters
    ----------
    sharpe : mapping of str to float
        Sharpe ratio per session by the digest of rule and inputs; NaN where a variant has none.

    Notes
    -----
    The command line keeps the log in ``trials.json`` of the output directory, so that a variant run there is counted
    whether or not anybody liked it; a program passes the value on from run to run.

    Examples
    --------
    >>> log = Trials().record("a", 0.01).record("b", 0.05).record("a", 0.01)
    >>> log.count, round(log.spread, 4)
    (2, 0.0283)
    """

    sharpe: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sharpe", MappingProxyType(dict(sorted(self.sharpe.items()))))

    @property
    def count(self) -> int:
        """How many variants were run."""
        return len(self.sharpe)

    @property
    def spread(self) -> float:
        """Standard deviation of their Sharpe ratios per session, 0 with fewer than two."""
        known = np.array([each for each in self.sharpe.values() if not np.isnan(each)])
        return float(known.std(ddof=1)) if len(known) > 1 else 0.0

    def record(self, digest: str, sharpe: float) -> Trials:
        """Return the log with one more variant; one already there is not counted again."""
        return Trials({**self.sharpe, digest: float(sharpe)})

    @classmethod
    def load(cls, folder: Path) -> Trials:
        """Return the log of a folder, empty where it has none.

        Raises
        ------
        InputError
            If the file is not a log.
        """
        path = Path(folder) / FILE
        if not path.exists():
            return cls()
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
            return cls({str(key): np.nan if each is None else float(each) for key, each in read["sharpe"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{path} is no log of trials ({error}); delete it to count anew.") from None

    def save(self, folder: Path) -> Path:
        """Write the log into a folder and return its path."""
        return write_text(Path(folder) / FILE, json_text({"sharpe": dict(self.sharpe)}))

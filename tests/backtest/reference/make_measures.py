"""Reference numbers for the measures, from empyrical-reloaded 0.7.1, quantstats 0.0.86 and skfolio 1.12.2.

They don't belong to the development environment: quantstats and skfolio bring 140 MB. Run in one of their own:

    pip install empyrical-reloaded==0.7.1 quantstats==0.0.86 skfolio==1.12.2
    python make_measures.py > measures.json
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd

DAYS = 800


def series() -> tuple[pd.Series, pd.Series]:
    """Return made-up returns of a strategy and of a market; the tests make the same ones."""
    t = np.arange(1, DAYS + 1, dtype=float)
    market = 0.0003 + 0.011 * np.sin(1.7 * t) * np.cos(0.31 * t * t)
    own = 0.0006 + 0.6 * market + 0.008 * np.sin(0.9 * t * t) - 0.03 * (t % 97 == 0)
    index = pd.bdate_range("2020-01-01", periods=DAYS)
    return pd.Series(own, index), pd.Series(market, index)


def main() -> None:
    """Print the numbers as JSON."""
    import empyrical
    import quantstats.stats as qs
    from skfolio import measures as sk
    from skfolio.measures._measures import deflated_sharpe_ratio, expected_max_sharpe_ratio, probabilistic_sharpe_ratio

    own, market = series()
    trials = np.array([0.02, 0.01, 0.05, -0.01, 0.03])
    found = {
        "empyrical": {
            "sharpe": empyrical.sharpe_ratio(own),
            "sortino": empyrical.sortino_ratio(own),
            "max_drawdown": empyrical.max_drawdown(own),
            "calmar": empyrical.calmar_ratio(own),
            "annual_return": empyrical.annual_return(own),
            "annual_volatility": empyrical.annual_volatility(own),
            "alpha_per_session": empyrical.alpha_aligned(own, market, annualization=1),
            "beta": empyrical.beta_aligned(own, market),
        },
        "quantstats": {
            "sharpe": qs.sharpe(own),
            "sortino": qs.sortino(own),
            "max_drawdown": qs.max_drawdown(own),
            "volatility": qs.volatility(own),
            "profit_factor": qs.profit_factor(own),
            "win_rate": qs.win_rate(own),
            "probabilistic_sharpe": qs.probabilistic_sharpe_ratio(own),
        },
        "skfolio": {
            "sharpe": sk.mean(own.to_numpy()) / sk.standard_deviation(own.to_numpy()),
            "max_drawdown_compounded": sk.max_drawdown(sk.get_drawdowns(own.to_numpy(), compounded=True)),
            "skew": sk.skew(own.to_numpy()),
            "kurtosis": sk.kurtosis(own.to_numpy()),
            "probabilistic_sharpe": probabilistic_sharpe_ratio(own.to_numpy(), 0.01),
            "expected_maximum_sharpe": expected_max_sharpe_ratio(5, float(trials.std(ddof=1))),
            "deflated_sharpe": deflated_sharpe_ratio(own.to_numpy(), trials),
        },
    }
    packages = ("empyrical-reloaded", "quantstats", "skfolio", "numpy", "pandas")
    versions = {name: version(name) for name in packages}
    json.dump({"versions": versions, "trials": trials.tolist(), **found}, sys.stdout, indent=2, default=float)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()

"""The rules check themselves, and say what would have been right."""

from __future__ import annotations

import re
from typing import Any

import pytest

from eventstudy.backtest import Backtest, Costs, Limits
from eventstudy.errors import InputError, UnknownNameError


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"entry": "opne"}, "There is no entry named 'opne'. Did you mean 'open'?"),
        ({"hedge": "bta"}, "There is no hedge named 'bta'. Did you mean 'beta'?"),
        ({"hedge": "beta"}, "needs hedge_with"),
        ({"hedge_with": "SPY"}, "hedge_with is given and hedge is none; say hedge: dollar, beta or sector"),
        ({"hedge": "beta", "hedge_with": {"tech": "XLK"}}, "hedge_with is a symbol for dollar and beta"),
        ({"hedge": "sector", "hedge_with": "XLK"}, "one by sector for sector"),
        ({"exit_after": -1}, "exit_after is -1"),
        ({"entry": "close", "exit_after": 0}, "buys and sells in one auction"),
        ({"beta_window": (-20, 5)}, "must end before day 0"),
        ({"capital": 0}, "capital is 0"),
        ({"delisting": -1.5}, "at least -1"),
        ({"side": "surprise >"}, "can't be read"),
        ({"decide_at": "noon"}, "time of decision"),
    ],
)
def test_a_rule_that_can_not_be_traded_is_an_error(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        Backtest(**options)


def test_costs_and_limits_refuse_what_makes_no_sense() -> None:
    with pytest.raises(InputError, match=r"costs: half_spread is -0\.1"):
        Costs(half_spread=-0.1)
    with pytest.raises(InputError, match="limits: positions is 0"):
        Limits(positions=0)
    with pytest.raises(InputError, match=r"limits: adv is -1"):
        Limits(adv=-1)


def test_a_rule_names_its_hedges() -> None:
    assert Backtest().hedge_symbols == ()
    assert Backtest(hedge="beta", hedge_with="SPY").hedge_symbols == ("SPY",)
    sectors = Backtest(hedge="sector", hedge_with={"tech": "XLK", "chips": "XLK", "oil": "XLE"})
    assert sectors.hedge_symbols == ("XLK", "XLE")


def test_a_repeat_that_does_not_exist() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'extend'"):
        Backtest(repeat="extnd")  # type: ignore[arg-type]

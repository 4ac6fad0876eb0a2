"""Buy-and-hold abnormal returns by hand: portfolios that are held, firms that stop trading, gaps."""

from __future__ import annotations

import numpy as np
import pytest

from eventstudy.errors import UnknownNameError
from eventstudy.returns.bhar import BuyAndHold, buy_and_hold

FIRM = np.array([[0.10, -0.05, 0.02]])
MARKET = np.array([[0.01, 0.02, -0.01]])
GONE = np.array([[False, True, True]])
DEAD = np.array([[0.10, np.nan, np.nan]])


def test_simple_and_log_returns_agree() -> None:
    expected = 1.10 * 0.95 * 1.02 - 1.01 * 1.02 * 0.99
    assert buy_and_hold(FIRM, MARKET)[0] == pytest.approx(expected, rel=1e-12)
    assert buy_and_hold(np.log1p(FIRM), np.log1p(MARKET), log=True)[0] == pytest.approx(expected, rel=1e-12)


def test_a_portfolio_is_held_not_rebalanced() -> None:
    members = np.stack([[[0.5, -0.5, 0.0]], [[-0.5, 0.5, 0.0]]], axis=2)
    held = (1.5 * 0.5 + 0.5 * 1.5) / 2  # rebalanced daily it would have earned nothing
    assert buy_and_hold(FIRM, members)[0] == pytest.approx(1.10 * 0.95 * 1.02 - held, rel=1e-12)
    members[0, 1, 1] = np.nan  # a member with a hole is left out
    assert buy_and_hold(FIRM, members)[0] == pytest.approx(1.10 * 0.95 * 1.02 - 1.5 * 0.5, rel=1e-12)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("benchmark", 1.10 * 1.02 * 0.99 - 1.01 * 1.02 * 0.99),
        ("cash", 1.10 - 1.01 * 1.02 * 0.99),
        ("truncate", 1.10 - 1.01),
    ],
)
def test_after_the_last_session(rule: str, expected: float) -> None:
    assert buy_and_hold(DEAD, MARKET, delisted=GONE, delisting=rule)[0] == pytest.approx(expected, rel=1e-12)


def test_a_hole_is_not_a_delisting() -> None:
    assert np.isnan(buy_and_hold(DEAD, MARKET, delisted=np.zeros((1, 3), dtype=bool)))[0]


def test_proceeds_earn_a_held_portfolio() -> None:
    members = np.stack([[[0.5, -0.5, 0.1]], [[-0.5, 0.5, 0.3]]], axis=2)
    wealth = [(1.5 + 0.5) / 2, (0.75 + 0.75) / 2, (0.825 + 0.975) / 2]
    expected = 1.10 * wealth[2] / wealth[0] - wealth[2]
    assert buy_and_hold(DEAD, members, delisted=GONE)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("hole", [1, 2])
def test_proceeds_earn_the_members_that_are_compared_with(hole: int) -> None:
    members = np.stack([[[1.0, 0.0, 0.0]], [[0.02, 0.01, 0.03]]], axis=2)
    members[0, hole, 0] = np.nan
    kept = 1.02 * 1.01 * 1.03
    expected = 1.10 * 1.01 * 1.03 - kept
    assert buy_and_hold(DEAD, members, delisted=GONE)[0] == pytest.approx(expected, rel=1e-12)


def test_returns_from_trade_to_trade() -> None:
    firm, span = np.log1p(np.array([[0.10, np.nan, 0.02]])), np.array([[1.0, 1.0, 2.0]])
    market = np.log1p(MARKET)
    expected = 1.10 * 1.02 - 1.01 * 1.02 * 0.99
    assert buy_and_hold(firm, market, log=True, span=span)[0] == pytest.approx(expected, rel=1e-12)
    # The last session is not covered by any return; the first return began before the window.
    assert np.isnan(buy_and_hold(firm[:, :2], market[:, :2], log=True, span=span[:, :2]))[0]
    assert np.isnan(buy_and_hold(firm, market, log=True, span=np.array([[2.0, 1.0, 2.0]])))[0]


def test_rules_that_there_are() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'truncate'"):
        BuyAndHold(delisting="truncated")
    with pytest.raises(UnknownNameError, match="benchmark of buy-and-hold returns"):
        BuyAndHold(benchmark="sector")

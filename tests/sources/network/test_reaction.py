"""One event explained out of Yahoo's prices and dates, against the loopback server; the sample in Yahoo's shape."""

from __future__ import annotations

import pytest

from eventstudy.datasets import load_alibaba
from eventstudy.errors import InputError
from eventstudy.explain import reaction
from eventstudy.sources import Client
from tests.sources.network.loopback import NOT_FOUND, Server, as_json, as_page
from tests.sources.network.test_yahoo_events import CALENDAR, ROWS, page
from tests.sources.network.test_yahoo_prices import of_series

CHART = "/v8/finance/chart/"


@pytest.fixture
def yahoo(client: Client, server: Server) -> Server:
    """Serve the sample's BABA under the name of a stock that the sample has not got, and SPY."""
    prices = load_alibaba().prices
    for symbol, name in (("BABA", "ZZZ"), ("SPY", "SPY")):
        server.on(CHART + name, as_json(of_series(prices.series(symbol), name)))
    return server


def test_what_the_sample_lacks_comes_from_yahoo(yahoo: Server) -> None:
    yahoo.on(CALENDAR, page(ROWS, "ZZZ"))
    found, sample = reaction("ZZZ", "2025-02-20"), reaction("BABA", "2025-02-20")
    assert found.reaction.event_id == "ZZZ-2025-02-20"
    assert found.sentences[-1] == "Prices and dates: Yahoo."
    for leg in ("open", "close", "d1", "d2"):
        assert found.reaction.rung(leg).raw == pytest.approx(sample.reaction.rung(leg).raw, rel=1e-12)
    assert found.evidence == sample.evidence
    # The page has the announcement to come as well, of 25 November; the prices end in September.
    assert reaction("ZZZ").reaction.event_id == "ZZZ-2025-08-29"
    assert reaction("ZZZ", "2025-02-20", source="yahoo").sentences[-1] == "Prices and dates: yahoo."


def test_a_stock_without_known_announcements_is_explained_by_date(yahoo: Server) -> None:
    yahoo.on(CALENDAR, page([], "ZZZ"))
    found = reaction("ZZZ", "2025-02-20", timing="before_open")
    assert found.reaction.rung("close").raw == pytest.approx(135.97 / 125.79 - 1)
    assert found.sentences[-1] == "Prices and dates: Yahoo."
    with pytest.raises(InputError) as caught:
        reaction("ZZZ")
    assert str(caught.value) == "No announcement of ZZZ is known; name its date."


def test_where_all_announcements_are_to_come_the_latest_is_named(yahoo: Server) -> None:
    yahoo.on(CALENDAR, page(ROWS[:1], "ZZZ"))
    with pytest.raises(
        InputError, match=r"^There is no price of ZZZ on the session of 2025-11-25; the prices run from"
    ):
        reaction("ZZZ")


def test_a_page_of_dates_that_cannot_be_read_is_no_stock_without_dates(yahoo: Server) -> None:
    yahoo.on(CALENDAR, as_page("another page"))
    with pytest.raises(InputError, match=r"^The embedded sample has no ZZZ\. .*Yahoo was asked next: Yahoo"):
        reaction("ZZZ", "2025-02-20")
    yahoo.on(CHART + "YYY", NOT_FOUND)
    with pytest.raises(InputError, match="YYY"):
        reaction("YYY", "2025-02-20")

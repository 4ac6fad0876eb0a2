"""The legs of one reaction and of many: after hours, before the open, the gap, the session, and the days after."""

from eventstudy.reactions.clock import Clock
from eventstudy.reactions.daily import daily_prices
from eventstudy.reactions.holding import Contribution, Held, held, kept, kept_frame, price_contributions
from eventstudy.reactions.implied import Implied, jump_from_straddle, jump_from_terms
from eventstudy.reactions.ladder import measure_reactions
from eventstudy.reactions.legs import Leg, leg_returns
from eventstudy.reactions.liquidity import Grade, Liquidity, Prints
from eventstudy.reactions.listings import Listings, Quote, two_listings
from eventstudy.reactions.many import History, battery, history, leg_sample, move_statistics, moves_frame
from eventstudy.reactions.ordinary import OrdinaryDays
from eventstudy.reactions.path import IntradayPath, diurnal_factors
from eventstudy.reactions.record import COLUMNS, Kind, Reaction, Rung
from eventstudy.reactions.sequence import Reactions, reactions_frame
from eventstudy.reactions.standing import OwnStanding, Standing, own_standing, standing

__all__ = [
    "COLUMNS",
    "Clock",
    "Contribution",
    "Grade",
    "Held",
    "History",
    "Implied",
    "IntradayPath",
    "Kind",
    "Leg",
    "Liquidity",
    "Listings",
    "OrdinaryDays",
    "OwnStanding",
    "Prints",
    "Quote",
    "Reaction",
    "Reactions",
    "Rung",
    "Standing",
    "battery",
    "daily_prices",
    "diurnal_factors",
    "held",
    "history",
    "jump_from_straddle",
    "jump_from_terms",
    "kept",
    "kept_frame",
    "leg_returns",
    "leg_sample",
    "measure_reactions",
    "move_statistics",
    "moves_frame",
    "own_standing",
    "price_contributions",
    "reactions_frame",
    "standing",
    "two_listings",
]

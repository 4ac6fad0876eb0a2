"""The legs of one reaction and of many: premarket quote, gap, session, and the days after."""

from eventstudy.reactions.ladder import measure_reactions
from eventstudy.reactions.record import COLUMNS, Grade, Kind, Reaction, Rung, reactions_frame
from eventstudy.reactions.standing import OrdinaryDays, Standing, standing

__all__ = [
    "COLUMNS",
    "Grade",
    "Kind",
    "OrdinaryDays",
    "Reaction",
    "Rung",
    "Standing",
    "measure_reactions",
    "reactions_frame",
    "standing",
]

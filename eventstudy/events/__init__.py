"""What happened, and when the market could first react."""

from eventstudy.events.surprise import Surprise, with_surprise
from eventstudy.events.table import Confirmation, Events, Precision, Timing
from eventstudy.events.timing import Phase, Placed, place

__all__ = [
    "Confirmation",
    "Events",
    "Phase",
    "Placed",
    "Precision",
    "Surprise",
    "Timing",
    "place",
    "with_surprise",
]

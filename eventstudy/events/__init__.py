"""What happened, and when the market could first react."""

from eventstudy.events.flags import Flags
from eventstudy.events.news import News
from eventstudy.events.own import CallsAndMeetings, DuplicateQuarters, OverlappingEvents
from eventstudy.events.screens import (
    ConfoundingNews,
    LiquidityFloor,
    MinimumHistory,
    Screen,
    Screening,
    Verdict,
    apply_screens,
)
from eventstudy.events.surprise import Surprise, with_surprise
from eventstudy.events.table import Confirmation, Events, Precision, Timing
from eventstudy.events.timing import Alignment, Phase, Placed, place
from eventstudy.registry import Registry

__all__ = [
    "SCREENS",
    "Alignment",
    "CallsAndMeetings",
    "Confirmation",
    "ConfoundingNews",
    "DuplicateQuarters",
    "Events",
    "Flags",
    "LiquidityFloor",
    "MinimumHistory",
    "News",
    "OverlappingEvents",
    "Phase",
    "Placed",
    "Precision",
    "Screen",
    "Screening",
    "Surprise",
    "Timing",
    "Verdict",
    "apply_screens",
    "place",
    "with_surprise",
]

SCREENS = Registry[type[Screen]]("screen", "eventstudy.screens")
for _screen in (
    OverlappingEvents,
    ConfoundingNews,
    LiquidityFloor,
    MinimumHistory,
    DuplicateQuarters,
    CallsAndMeetings,
):
    SCREENS.register(_screen.kind, _screen)

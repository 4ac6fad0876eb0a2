"""Would these tests tell the truth on this data: placebo studies, size and power."""

from eventstudy.simulation.placebo import PlaceboStudy, placebo_study
from eventstudy.simulation.power import Simulation, simulate

__all__ = ["PlaceboStudy", "Simulation", "placebo_study", "simulate"]

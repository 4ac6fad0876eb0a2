"""The embedded sample: real figures, small, with their description."""

from eventstudy.datasets._alibaba import Alibaba, load_alibaba

__all__ = ["Alibaba", "load_alibaba"]

from __future__ import annotations

import pytest

from eventstudy.datasets import Alibaba, load_alibaba
from eventstudy.events import place
from eventstudy.reactions import Reaction, measure_reactions

BETA = 0.7


@pytest.fixture(scope="session")
def sample() -> Alibaba:
    return load_alibaba()


@pytest.fixture(scope="session")
def reactions(sample: Alibaba) -> dict[str, Reaction]:
    measured = measure_reactions(
        sample.events, place(sample.events), sample.prices, benchmark="SPY", betas={"BABA-2024Q4": BETA}
    )
    return {reaction.event_id: reaction for reaction in measured}


@pytest.fixture(scope="session")
def february(reactions: dict[str, Reaction]) -> Reaction:
    return reactions["BABA-2024Q4"]

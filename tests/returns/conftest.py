from __future__ import annotations

import pandas as pd
import pytest

from tests.made_up import made_up_returns


@pytest.fixture
def panel_frame() -> pd.DataFrame:
    return made_up_returns(seed=11, symbols=4, sessions=400, missing=0.02)

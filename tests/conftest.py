"""Fixtures that every room's tests may use."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of data shared beside the repository; tests that need it are skipped without it."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("EVENTSTUDY_SHARED_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"the shared data is not at {folder}; EVENTSTUDY_SHARED_DATA may name it")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest test at the beginning, so that no worker is left with it when the others are done."""
    items.sort(key=lambda item: item.path.name != "test_style.py")

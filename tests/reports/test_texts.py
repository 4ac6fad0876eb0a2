"""Names as Arrow text: what is a slice of the same array is turned once."""

from __future__ import annotations

import numpy as np
import pytest

from eventstudy.reports.texts import Texts

NAMES = np.array([f"event {number}" for number in range(10)] + [""], dtype=object)


@pytest.mark.parametrize("rows", [slice(None), slice(3, 7), slice(7, 3, -1), slice(0, 0), np.array([4, 1])])
def test_text_is_that_of_the_names(rows: slice | np.ndarray) -> None:
    assert Texts().of(NAMES[rows]).to_pylist() == NAMES[rows].tolist()


def test_an_array_is_turned_once() -> None:
    texts = Texts()
    one, two = texts.of(NAMES[2:5]), texts.of(NAMES[5:9])
    assert one.buffers()[2].address == two.buffers()[2].address
    assert texts.of(NAMES[::2]).to_pylist() == NAMES[::2].tolist()


def test_names_of_a_table_of_text() -> None:
    table = NAMES[:10].reshape(5, 2)
    for names in (table[1], table[:, 1], table.reshape(-1)[3:6]):
        assert Texts().of(names).to_pylist() == names.tolist()

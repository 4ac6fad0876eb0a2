"""The verb that measures size and power of a configured study."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventstudy.cli import main

ALIBABA = Path(__file__).parents[2] / "configs" / "alibaba.yaml"


def test_simulate_prints_a_row_a_test(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--samples", "20", "--size", "3", "--effects", "0,0.1", "--set", "models=[market]", "--quiet"]
    outputs = []
    for _ in range(2):
        with pytest.raises(SystemExit) as caught:
            main(["simulate", str(ALIBABA), *options])
        assert caught.value.code == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    rows = [line.split() for line in outputs[0].splitlines() if line.startswith("cross_sectional")]
    assert [row[2] for row in rows] == ["day0", "reaction", "drift"]
    # Ten per cent on day 0 are seen where day 0 is in the window, and only there.
    assert float(rows[0][-1].rstrip("%")) >= 80
    assert rows[2][3:6] == rows[2][6:9]
    assert "20 samples of 3 events, random dates" in outputs[0]


def test_the_command_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "new" / "power.html"
    arguments = ["simulate", str(ALIBABA), "--samples", "20", "--size", "3", "--effects", "0,0.1", "--quiet"]
    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--html", str(page)])
    assert caught.value.code == 0
    assert f"Page: {page}" in capsys.readouterr().out
    shown = page.read_text(encoding="utf-8")
    assert "<title>alibaba-earnings: size and power</title>" in shown
    assert "20 samples of 3 events that never were, on random dates" in shown


@pytest.mark.parametrize("effects", ["1%", "nan", "0,inf"])
def test_a_wrong_effect_is_an_error_of_the_input(effects: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["simulate", str(ALIBABA), "--effects", effects])
    assert caught.value.code == 2
    assert f"effects is '{effects}'; decimals such as 0,0.005,0.01 were expected." in capsys.readouterr().err


def test_without_tests_there_is_nothing_to_measure(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["simulate", str(ALIBABA), "--set", "tests=[]"])
    assert caught.value.code == 2
    assert "the study has no tests; name some, such as tests: [cross_sectional, bmp]." in capsys.readouterr().err

"""The notebooks run from top to bottom, and what they show is what stands in the repository."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the cells that run."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell: nbformat.NotebookNode) -> str:
    """Return what a cell prints and the plain text of what it shows, however the printing was cut into pieces."""
    # Matplotlib says on a new machine that it looks for fonts; that is no difference.
    said = [output for output in cell.outputs if output.get("name") != "stderr"]
    return "".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in said)


@each_notebook
@pytest.mark.filterwarnings("default")
def test_runs_and_shows_the_same(path: Path) -> None:
    committed = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    for cell in code_cells(fresh):
        cell.outputs = []
    NotebookClient(fresh, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}).execute()
    for ours, theirs in zip(code_cells(fresh), code_cells(committed), strict=True):
        assert shown(ours) == shown(theirs), ours.source
    assert any(map(shown, code_cells(fresh)))


@each_notebook
def test_is_fit_to_be_read(path: Path) -> None:
    """What a reader of the web page must not find: warnings, tracebacks, and marks of the machine that made it."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")
    for cell in notebook.cells:
        assert "execution" not in cell.metadata
        assert max(map(len, cell.source.splitlines())) <= 120 or cell.cell_type == "markdown"
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"stream", "execute_result", "display_data"}
    assert "stderr" not in {output.get("name") for output in outputs}
    for mark in ("/tmp/", "/home/", "/root/", "/Users/", " at 0x"):
        assert all(mark not in str(output) for output in outputs), mark


def test_there_is_one() -> None:
    assert NOTEBOOKS

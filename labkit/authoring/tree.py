"""Where a course keeps its notebooks: sources by hand, the rest generated from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import DefinitionError


@dataclass(frozen=True)
class Tree:
    """The course's folders under `root`."""

    root: Path

    @property
    def solutions(self) -> Path:
        return self.root / "solutions"

    @property
    def exercises(self) -> Path:
        return self.root / "exercises"

    @property
    def lessons(self) -> Path:
        return self.root / "notebooks"

    def lab_sources(self) -> tuple[Path, ...]:
        """The hand-written source of each lab, in course order."""
        return tuple(sorted(self.solutions.glob("*.py")))

    def lesson_sources(self) -> tuple[Path, ...]:
        """The hand-written source of each lesson without blanks, in course order."""
        return tuple(sorted(self.lessons.glob("*.py")))

    def lab_source(self, lab: str) -> Path:
        """The source of one lab; DefinitionError names the file that is missing."""
        path = self.solutions / f"{lab}.py"
        if not path.is_file():
            raise DefinitionError(f"Lab {lab!r} has no source: {path} does not exist.")
        return path

    def generated(self) -> Iterator[Path]:
        """Every notebook that is there now, whether it should be or not."""
        for folder in (self.solutions, self.exercises, self.lessons):
            yield from sorted(folder.glob("*.ipynb"))


def find_lab_source(lab: str, *starts: Path) -> Path | None:
    """A lab's source in the first course at or above one of `starts`; None where its solutions are not at hand."""
    folders = (folder for start in starts for folder in (start, *start.parents))
    sources = (Tree(folder).solutions / f"{lab}.py" for folder in folders)
    return next((source for source in sources if source.is_file()), None)

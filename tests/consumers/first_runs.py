"""First runs of pipelines, each made once in a session of pytest, whoever asks for it first.

To execute a pipeline takes seconds to minutes, and several tests look at what one run has done. The workers of a session
share a folder, in which each run's docker stub is kept.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from harness import Stub


@dataclass(frozen=True)
class FirstRuns:
    """The runs of a session."""

    folder: Path

    def leave(self, tree: str, provider: str, stub: Stub, publish: Callable[[Stub], None]) -> None:
        """Leaves `stub` as the run of a provider's pipeline of a tree on empty registries leaves it."""
        kept = self.folder / f"{tree}.{provider}"
        with FileLock(f"{kept}.lock"):
            if not kept.is_dir():
                publish(stub)
                unfinished = kept.with_name(f"{kept.name}.new")
                shutil.copytree(stub.folder, unfinished)
                unfinished.rename(kept)
                return
        shutil.copytree(kept, stub.folder, dirs_exist_ok=True)

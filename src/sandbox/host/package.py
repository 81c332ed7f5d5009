"""The engine's package: loading its library, and all that differs from one package to the next. Nothing else here asks for a version.

A package holds the engine as one Python extension, `chdb/_chdb….so`. That alone is loaded, not the Python around it, which would want
pandas and pyarrow, and opens and closes an engine of its own first.

What is not here because it is read off each package as it is: where functions lie in its code (`machine_code.py` looks for their names,
then for their first instructions), and what its results tell (`connections.py` takes what there is).
"""

import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True)
class Traits:
    """What a package does otherwise than a server would, or than the newest package does."""

    # One connection a process: statements run one after the other, and settings and database are those of all.
    shares_one_connection: bool = False
    # The threads of BACKUP and RESTORE are not started: BACKUP fails, "The BackupsIOThreadPool is not initialized".
    lacks_backup_threads: bool = False
    # The task that drops what was dropped is not started, not even where there are metadata: DROP … SYNC waits for ever.
    lacks_drop_task: bool = False
    # What an operator of this version sets in the users' profile.
    profile: dict[str, str] = field(default_factory=dict)


# By the version of ClickHouse from which on it is so.
_TRAITS = {
    (24, 8): Traits(
        shares_one_connection=True,
        lacks_backup_threads=True,
        lacks_drop_task=True,
        profile={"allow_experimental_json_type": "1"},
    ),
    (25, 8): Traits(shares_one_connection=True, lacks_backup_threads=True),
    (26, 1): Traits(lacks_backup_threads=True),
    (26, 7): Traits(),
}


def traits(version: str) -> Traits:
    """Of a version as `26.9`. Older ones than the first of the table have no connection that could be kept."""
    wanted = tuple(int(number) for number in version.split(".")[:2])
    known = [since for since in _TRAITS if since <= wanted]
    if not known:
        raise ValueError(f"the sandbox cannot host ClickHouse {version}")
    return _TRAITS[max(known)]


def load(folder: str) -> ModuleType:
    """Loads the library of the package in `folder` into this process. Its file is `__file__` of what this gives."""
    [path] = Path(folder, "chdb").glob("_chdb.*so")
    spec = importlib.util.spec_from_file_location("_chdb", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    library = importlib.util.module_from_spec(spec)
    sys.modules["_chdb"] = library
    spec.loader.exec_module(library)
    return library

"""One ClickHouse server of the sandbox: the real engine in this process, with the network side emulated around it.

    python node.py NODE.json

NODE.json is written by houseplan (`src/sandbox/engine.rs`), see `Settings` below. Real are SQL, storage, merges, replication over
Keeper, BACKUP and RESTORE, and all error texts of the engine. Emulated are the HTTP interface and its users
(`http_interface.py`), ON CLUSTER (`on_cluster.py`) and the sending of parts to other replicas (`part_sender.py`). ClickHouse before 26
runs here one statement at a time, and `readonly` and the constraints of users' profiles are emulated (`package.py`, `connections.py`);
later ones take a profile from the `users.xml` of the server, before each statement.
"""

import json
import os
import signal
import sys
import threading
from dataclasses import dataclass
from typing import Any, Optional

import http_interface
import part_sender
from engine import Engine
from network import serve_in_background


@dataclass(frozen=True)
class Peer:
    """A server of the cluster: where ON CLUSTER reaches it, and the port `system.clusters` shows for it."""

    host: str
    http_port: int
    native_port: int


@dataclass(frozen=True)
class Constraint:
    """How far a setting may be changed: not at all where it is `fixed`."""

    fixed: bool
    min: Optional[str]
    max: Optional[str]


@dataclass(frozen=True)
class Profile:
    """A user's profile: what its `users.xml` has under its name, for the engines that cannot take it from there."""

    name: str
    readonly: int
    settings: dict[str, str]
    constraints: dict[str, Constraint]

    @staticmethod
    def read(name: str, raw: dict[str, Any]) -> "Profile":
        constraints = {setting: Constraint(**constraint) for setting, constraint in raw["constraints"].items()}
        return Profile(name, raw["readonly"], raw["settings"], constraints)


@dataclass(frozen=True)
class User:
    """A user; `profile` is `None` where it has none."""

    password: str
    profile: Optional[Profile]


@dataclass(frozen=True)
class Settings:
    """What NODE.json says. `cluster_secret` lets nodes trust each other's ON CLUSTER."""

    name: str
    version: str
    package_dir: str
    data_dir: str
    config_file: str
    http_port: int
    interserver_port: int
    users: dict[str, User]
    cluster_secret: str
    clusters: dict[str, list[Peer]]
    macros: dict[str, str]

    @staticmethod
    def read(path: str) -> "Settings":
        with open(path, encoding="utf-8") as file:
            raw: dict[str, Any] = json.load(file)
        raw["clusters"] = {name: [Peer(**peer) for peer in peers] for name, peers in raw["clusters"].items()}
        raw["users"] = {
            name: User(user["password"], Profile.read(name, user["profile"]) if user["profile"] else None)
            for name, user in raw["users"].items()
        }
        return Settings(**raw)


def main() -> None:
    settings = Settings.read(sys.argv[1])
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    # The parts' server listens before the engine starts, which announces its address in Keeper at once.
    parts = part_sender.listen(settings.interserver_port)
    engine = Engine(settings.package_dir, settings.version, settings.data_dir, settings.config_file)
    engine.start(settings.interserver_port)
    serve_in_background(parts, engine)
    # HTTP comes last: a node that answers /ping is ready.
    serve_in_background(http_interface.listen(settings), engine)
    print(f"{settings.name} is ready, version {engine.version}", flush=True)

    stop.wait()
    # Closing ends the engine's session with Keeper at once. It can also wait for ever, holding the interpreter's lock: then the
    # alarm ends the process. The data are safe either way, MergeTree needs no clean shutdown.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(2)
    engine.close()
    # The engine's own threads do not always end with the interpreter.
    os._exit(0)


if __name__ == "__main__":
    main()

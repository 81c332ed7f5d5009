"""Connections to the embedded engine: each with its own settings and database, also where the package has only one for all."""

import threading
from types import ModuleType
from typing import Any, NamedTuple, Optional, Protocol

from server_error import ServerError
from sql_text import first_word, identifier, literal

# What `readonly` lets through, by the statement's first word.
_ONLY_READS = {"SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK"}


class Answer(NamedTuple):
    """What a statement has given, and the counts of it that the package tells; 0 for the others."""

    data: bytes
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0


class Connection(Protocol):
    """`set`, `use` and `take_profile` are for the statements that follow on this connection; `parameters` fill a statement's `{name:Type}`."""

    def take_profile(self, name: str, settings: dict[str, str], readonly: int) -> None: ...

    def set(self, settings: dict[str, str]) -> None: ...

    def use(self, database: str) -> None: ...

    def run(self, sql: str, format: str, parameters: dict[str, str]) -> Answer: ...

    def close(self) -> None: ...


class OwnConnection:
    """One of as many as are wanted. Cheap (about a millisecond); statements on several of them run at the same time."""

    def __init__(self, library: ModuleType, address: str) -> None:
        self._connection = library.connect(address)

    def take_profile(self, name: str, settings: dict[str, str], readonly: int) -> None:
        # The profile comes after its values, which it may forbid to set; the engine takes its constraints from it, and not all values.
        if settings:
            self.set(settings)
        self.set({"profile": literal(name)})
        if readonly:
            self.set({"readonly": str(readonly)})

    def set(self, settings: dict[str, str]) -> None:
        self.run(f"SET {_assignments(settings)}", "Null", {})

    def use(self, database: str) -> None:
        self.run(f"USE {identifier(database)}", "Null", {})

    def run(self, sql: str, format: str, parameters: dict[str, str]) -> Answer:
        return _query(self._connection, sql, format, params=parameters)

    def close(self) -> None:
        self._connection.close()


class OneForAll:
    """The only connection of a process, handed to one statement after the other. `profile` holds settings that are always on."""

    def __init__(self, library: ModuleType, address: str, profile: dict[str, str]) -> None:
        self.lock = threading.Lock()
        self.profile = profile
        self.connection = library.connect(address)
        for name, value in profile.items():
            _query(self.connection, f"SET {name} = {value}", "Null")

    def close(self) -> None:
        self.connection.close()


class SharedConnection:
    """What looks like a connection of its own: its settings and its database are made before each statement, and taken back after it.

    `readonly` cannot be taken back: what it forbids is told by the statement's first word and by what is set, and refused here.
    """

    def __init__(self, shared: OneForAll) -> None:
        self._shared = shared
        self._settings: dict[str, str] = {}
        self._database: Optional[str] = None
        self._profile: Optional[str] = None
        self._profile_settings: dict[str, str] = {}
        self._profile_readonly = "0"

    def take_profile(self, name: str, settings: dict[str, str], readonly: int) -> None:
        self._profile, self._profile_settings, self._profile_readonly = name, settings, str(readonly)

    def set(self, settings: dict[str, str]) -> None:
        self._settings |= settings

    def use(self, database: str) -> None:
        self._database = database

    def run(self, sql: str, format: str, parameters: dict[str, str]) -> Answer:
        settings = dict(self._settings)
        readonly = settings.pop("readonly", self._profile_readonly)
        if self._profile_readonly != "0" and readonly != self._profile_readonly:
            raise _readonly_mode("readonly")
        with self._shared.lock:
            undo: list[str] = []
            try:
                self._take_on(undo)
                if self._profile_readonly == "1":
                    self._refuse_changes(settings)
                if readonly != "0" and first_word(sql) not in _ONLY_READS:
                    raise ServerError("Code: 164. DB::Exception: default: Cannot execute query in readonly mode. (READONLY)")
                self._set(settings, undo)
                for name, value in parameters.items():
                    self._do(f"SET param_{name} = {literal(value)}")
                return _query(self._shared.connection, sql, format)
            finally:
                for statement in undo:
                    self._do(statement)

    def _take_on(self, undo: list[str]) -> None:
        if self._database is not None:
            self._do(f"USE {identifier(self._database)}")
            undo.append("USE default")
        if self._profile is not None:
            self._set(self._profile_settings, undo)
            self._do(f"SET profile = {literal(self._profile)}")
            # First of all: what the profile forbids to set cannot be taken back either.
            undo.insert(0, "SET profile = 'default'")

    def _set(self, settings: dict[str, str], undo: list[str]) -> None:
        if not settings:
            return
        self._do(f"SET {_assignments(settings)}")
        undo.append(f"SET {_assignments({name: self._shared.profile.get(name, 'DEFAULT') for name in settings})}")

    def _refuse_changes(self, settings: dict[str, str]) -> None:
        """With `readonly` 1 nothing may be set but what is so already."""
        names = ", ".join(literal(name) for name in settings)
        answer = _query(self._shared.connection, f"SELECT name, value FROM system.settings WHERE name IN ({names})", "TabSeparatedRaw")
        now = dict(line.split("\t", 1) for line in answer.data.decode().splitlines())
        for name, value in settings.items():
            if name in now and value not in (now[name], literal(now[name])):
                raise _readonly_mode(name)

    def _do(self, statement: str) -> None:
        _query(self._shared.connection, statement, "Null")

    def close(self) -> None:
        """The connection lives on, for the others."""


def _readonly_mode(name: str) -> ServerError:
    return ServerError(f"Code: 164. DB::Exception: Cannot modify '{name}' setting in readonly mode. (READONLY)")


def _assignments(settings: dict[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in settings.items())


def _query(connection: Any, sql: str, format: str, **parameters: dict[str, str]) -> Answer:
    try:
        result = connection.query(sql, format, **parameters)
    except RuntimeError as error:  # the binding knows no finer class
        raise ServerError(str(error)) from None
    return Answer(
        data=result.bytes() or b"" if result is not None else b"",
        read_rows=_told(result, "storage_rows_read"),
        read_bytes=_told(result, "storage_bytes_read"),
        written_rows=_told(result, "rows_written"),
        written_bytes=_told(result, "bytes_written"),
        result_rows=_told(result, "rows_read"),
    )


def _told(result: Any, count: str) -> int:
    tell = getattr(result, count, None)
    return int(tell()) if tell is not None else 0

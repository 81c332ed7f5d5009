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
    """`set` and `use` are for the statements that follow on this connection; `parameters` fill a statement's `{name:Type}`."""

    def set(self, name: str, value: str) -> None: ...

    def use(self, database: str) -> None: ...

    def run(self, sql: str, format: str, parameters: dict[str, str]) -> Answer: ...

    def close(self) -> None: ...


class OwnConnection:
    """One of as many as are wanted. Cheap (about a millisecond); statements on several of them run at the same time."""

    def __init__(self, library: ModuleType, address: str) -> None:
        self._connection = library.connect(address)

    def set(self, name: str, value: str) -> None:
        self.run(f"SET {name} = {value}", "Null", {})

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

    `readonly` cannot be taken back: what it forbids is told by the statement's first word, and refused here.
    """

    def __init__(self, shared: OneForAll) -> None:
        self._shared = shared
        self._settings: dict[str, str] = {}
        self._database: Optional[str] = None

    def set(self, name: str, value: str) -> None:
        self._settings[name] = value

    def use(self, database: str) -> None:
        self._database = database

    def run(self, sql: str, format: str, parameters: dict[str, str]) -> Answer:
        settings = dict(self._settings)
        if settings.pop("readonly", "0") != "0" and first_word(sql) not in _ONLY_READS:
            raise ServerError("Code: 164. DB::Exception: default: Cannot execute query in readonly mode. (READONLY)")
        before = [f"SET param_{name} = {literal(value)}" for name, value in parameters.items()]
        before += [f"SET {name} = {value}" for name, value in settings.items()]
        after = [f"SET {name} = {self._shared.profile.get(name, 'DEFAULT')}" for name in settings]
        if self._database is not None:
            before.append(f"USE {identifier(self._database)}")
            after.append("USE default")
        with self._shared.lock:
            try:
                for statement in before:
                    _query(self._shared.connection, statement, "Null")
                return _query(self._shared.connection, sql, format)
            finally:
                self._take_back(after)

    def _take_back(self, statements: list[str]) -> None:
        for statement in statements:
            try:
                _query(self._shared.connection, statement, "Null")
            except ServerError as error:
                # Of a setting that does not exist there is nothing to take back; the statement has failed with it already.
                print(f"{statement}: {error}", flush=True)

    def close(self) -> None:
        """The connection lives on, for the others."""


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

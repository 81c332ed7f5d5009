"""Connections to the embedded engine: each with its own settings and database, also where the package has only one for all."""

import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Protocol

from server_error import ServerError
from sql_text import first_word, identifier, literal

if TYPE_CHECKING:
    from node import Profile


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

    def take_profile(self, profile: "Profile") -> None: ...

    def set(self, settings: dict[str, str]) -> None: ...

    def use(self, database: str) -> None: ...

    def run(self, sql: str, format: str, parameters: dict[str, str]) -> Answer: ...

    def close(self) -> None: ...


class OwnConnection:
    """One of as many as are wanted. Cheap (about a millisecond); statements on several of them run at the same time."""

    def __init__(self, library: ModuleType, address: str) -> None:
        self._connection = library.connect(address)

    def take_profile(self, profile: "Profile") -> None:
        # The profile comes after its values, which it may forbid to set; the engine takes its constraints from it, and not all values.
        if profile.settings:
            self.set(profile.settings)
        self.set({"profile": profile.name})
        if profile.readonly:
            self.set({"readonly": str(profile.readonly)})

    def set(self, settings: dict[str, str]) -> None:
        for assignments in _assignments(settings):
            self.run(f"SET {assignments}", "Null", {})

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

    `readonly` and a profile's constraints cannot be taken back: what they forbid is told by the statement's first word and by what is
    set, and refused here. A SETTINGS clause is not looked at.
    """

    def __init__(self, shared: OneForAll) -> None:
        self._shared = shared
        self._settings: dict[str, str] = {}
        self._database: Optional[str] = None
        self._profile: Optional["Profile"] = None

    def take_profile(self, profile: "Profile") -> None:
        self._profile = profile

    def set(self, settings: dict[str, str]) -> None:
        self._settings |= settings

    def use(self, database: str) -> None:
        self._database = database

    def run(self, sql: str, format: str, parameters: dict[str, str]) -> Answer:
        settings = dict(self._settings)
        readonly = settings.pop("readonly", "0")
        with self._shared.lock:
            undo: list[str] = []
            try:
                if self._database is not None:
                    self._do(f"USE {identifier(self._database)}")
                    undo.append("USE default")
                if self._profile is not None:
                    self._set(self._profile.settings, undo)
                    readonly = self._readonly_of(self._profile, readonly)
                    self._refuse_changes(self._profile, settings)
                if readonly != "0" and first_word(sql) not in _ONLY_READS:
                    raise ServerError("Code: 164. DB::Exception: default: Cannot execute query in readonly mode. (READONLY)")
                self._set(settings, undo)
                for name, value in parameters.items():
                    self._do(f"SET param_{name} = {literal(value)}")
                return _query(self._shared.connection, sql, format)
            finally:
                for statement in undo:
                    self._do(statement)

    def _set(self, settings: dict[str, str], undo: list[str]) -> None:
        if not settings:
            return
        for assignments in _assignments(settings):
            self._do(f"SET {assignments}")
        before = ", ".join(f"{name} = {self._shared.profile.get(name, 'DEFAULT')}" for name in settings)
        undo.append(f"SET {before}")

    @staticmethod
    def _readonly_of(profile: "Profile", wanted: str) -> str:
        if profile.readonly and wanted not in ("0", str(profile.readonly)):
            raise _readonly_mode("readonly")
        return str(profile.readonly) if profile.readonly else wanted

    def _refuse_changes(self, profile: "Profile", settings: dict[str, str]) -> None:
        """What is so already may be set, whatever is forbidden."""
        for name in settings if profile.readonly == 1 else settings.keys() & profile.constraints.keys():
            value = settings[name]
            if value == profile.settings.get(name, self._default(name)):
                continue
            if profile.readonly == 1:
                raise _readonly_mode(name)
            constraint = profile.constraints[name]
            if constraint.fixed:
                raise _violation(f"Setting {name} should not be changed.")
            if constraint.min is not None and float(value) < float(constraint.min):
                raise _violation(f"Setting {name} shouldn't be less than {constraint.min}.")
            if constraint.max is not None and float(value) > float(constraint.max):
                raise _violation(f"Setting {name} shouldn't be greater than {constraint.max}.")

    def _default(self, name: str) -> str:
        answer = _query(self._shared.connection, f"SELECT value FROM system.settings WHERE name = {literal(name)}", "TabSeparatedRaw")
        return answer.data.decode().removesuffix("\n")

    def _do(self, statement: str) -> None:
        _query(self._shared.connection, statement, "Null")

    def close(self) -> None:
        """The connection lives on, for the others."""


def _readonly_mode(name: str) -> ServerError:
    return ServerError(f"Code: 164. DB::Exception: Cannot modify '{name}' setting in readonly mode. (READONLY)")


def _violation(words: str) -> ServerError:
    return ServerError(f"Code: 452. DB::Exception: {words} (SETTING_CONSTRAINT_VIOLATION)")


def _assignments(settings: dict[str, str]) -> list[str]:
    """What SET takes: all at once, but for how long a statement may be, for a request's settings are no statement to a server."""
    first = [name for name in settings if name == "max_query_size"]
    groups = [first, [name for name in settings if name not in first]]
    return [", ".join(f"{name} = {literal(settings[name])}" for name in names) for names in groups if names]


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

"""The embedded engine: its start with all that a server has, opening connections, running one statement."""

import os
from typing import Optional

import background
import interserver_address
import package
from connections import Answer, Connection, OneForAll, OwnConnection, SharedConnection
from machine_code import MachineCode
from server_error import ServerError

NO_INSERT_QUEUE = "Cannot flush asynchronous insert queue because it is not initialized"


class Engine:
    """The one engine of this process."""

    def __init__(self, package_dir: str, version: str, data_dir: str, config_file: str) -> None:
        self._traits = package.traits(version)
        self._library = package.load(package_dir)
        self._code = MachineCode(str(self._library.__file__))
        self._data_dir = data_dir
        self._address = f"{data_dir}?config-file={config_file}"
        self._first: Optional[Connection] = None
        self._shared: Optional[OneForAll] = None
        self.version = ""
        self.timezone = ""

    def start(self, interserver_port: int) -> None:
        interserver_address.install(self._code, interserver_port)
        # The engine starts its task that drops tables only where it finds metadata to load; without it DROP … SYNC waits for ever.
        os.makedirs(os.path.join(self._data_dir, "metadata"), exist_ok=True)
        # The engine lives as long as one connection is open, so the first one stays open.
        self._first = self.open()
        if self._traits.lacks_drop_task:
            background.start_drop_task(self._code)
        if self._traits.lacks_backup_threads:
            background.start_backup_threads(self._code)
        self.version, self.timezone = self.rows(self._first, "SELECT version(), timezone()")[0]

    def open(self) -> Connection:
        if not self._traits.shares_one_connection:
            return OwnConnection(self._library, self._address)
        if self._shared is None:
            self._shared = OneForAll(self._library, self._address, self._traits.profile)
        return SharedConnection(self._shared)

    def close(self) -> None:
        for connection in (self._first, self._shared):
            if connection is not None:
                connection.close()

    @staticmethod
    def run(connection: Connection, sql: str, format: str, parameters: Optional[dict[str, str]] = None) -> Answer:
        try:
            return connection.run(sql, format, parameters or {})
        except ServerError as error:
            if NO_INSERT_QUEUE in error.text:
                # A server always has the queue, and the embedded engine never: there is nothing that could wait in it.
                return Answer(b"")
            raise

    @classmethod
    def rows(cls, connection: Connection, sql: str, parameters: Optional[dict[str, str]] = None) -> list[list[str]]:
        """Rows of short, plain values: names, paths, numbers. `parameters` fill `{name:Type}`."""
        answer = cls.run(connection, sql, "TabSeparatedRaw", parameters)
        return [line.split("\t") for line in answer.data.decode().splitlines()]

"""The embedded engine: opening sessions, running one statement, and its errors."""

import re
from typing import Any, Optional

from chdb import session


NO_INSERT_QUEUE = "Cannot flush asynchronous insert queue because it is not initialized"


class ServerError(Exception):
    """An exception as ClickHouse words it: `Code: 60. DB::Exception: ... (UNKNOWN_TABLE)`."""

    def __init__(self, text: str) -> None:
        text = text.strip()
        code = re.match(r"Code: (\d+)\. DB::Exception: ", text)
        if code is None:
            text = f"Code: 1002. DB::Exception: {text} (UNKNOWN_EXCEPTION)"
        names = re.findall(r"\(([A-Z][A-Z0-9_]{2,})\)", text)
        super().__init__(text)
        self.text = text
        self.code = int(code.group(1)) if code else 1002
        self.name = names[-1] if names else ""


class Engine:
    """The one engine of this process. Sessions are cheap (about a millisecond) and each has its own settings and database."""

    def __init__(self, data_dir: str, config_file: str) -> None:
        self._address = f"{data_dir}?config-file={config_file}"
        self._first: Optional[session.Session] = None
        self.version = ""
        self.timezone = ""

    def start(self) -> None:
        # The engine lives as long as one session is open, so the first one stays open.
        self._first = self.open()
        self.version, self.timezone = self.rows(self._first, "SELECT version(), timezone()")[0]

    def open(self) -> session.Session:
        return session.Session(self._address)

    def close(self) -> None:
        if self._first is not None:
            self._first.close()

    @staticmethod
    def run(connection: session.Session, sql: str, format: str, parameters: Optional[dict[str, str]] = None) -> Any:
        try:
            return connection.query(sql, format, params=parameters or None)
        except Exception as error:  # the binding knows no finer class
            if NO_INSERT_QUEUE in str(error):
                # A server always has the queue, and the embedded engine never: there is nothing that could wait in it.
                return connection.query("SELECT 1 WHERE 0", "Null")
            raise ServerError(str(error)) from None

    @classmethod
    def rows(cls, connection: session.Session, sql: str, parameters: Optional[dict[str, str]] = None) -> list[list[str]]:
        """Rows of short, plain values: names, paths, numbers. `parameters` fill `{name:Type}`."""
        result = cls.run(connection, sql, "TabSeparatedRaw", parameters).bytes().decode()
        return [line.split("\t") for line in result.splitlines()]

"""ClickHouse's HTTP interface: users, statements with their settings, answers and errors as the server gives them.

A client that goes away leaves its statement running, as a server does by default. Not here: sessions and compression (refused),
binary input formats, and the request's query_id in system.processes (the engine chooses its own; the text of the statement, with the
comment it begins with, is shown there unchanged).
"""

import base64
import json
import re
import time
import traceback
import uuid
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import on_cluster
from connections import Answer, Connection
from network import Handler, Server
from server_error import ServerError
from sql_text import first_word, second_statement

if TYPE_CHECKING:
    from node import Settings

# Parameters of a request that are no settings.
_NO_SETTINGS = {
    "query", "database", "default_format", "user", "password", "query_id", "quota_key", "stacktrace", "wait_end_of_query",
    "buffer_size", "client_protocol_version",
}  # fmt: skip
# Parameters that would change what the statement does, and that nothing here obeys.
_REFUSED = {"compress", "decompress", "role", "session_id", "session_timeout", "session_check", "close_session"}

_STATUS_OF_ERROR = {
    name: status
    for status, names in {
        400: "BAD_ARGUMENTS CANNOT_COMPILE_REGEXP CANNOT_PARSE_TEXT CANNOT_PARSE_ESCAPE_SEQUENCE CANNOT_PARSE_QUOTED_STRING"
        " CANNOT_PARSE_DATE CANNOT_PARSE_DATETIME CANNOT_PARSE_NUMBER CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING CANNOT_PARSE_IPV4"
        " CANNOT_PARSE_IPV6 CANNOT_PARSE_INPUT_ASSERTION_FAILED CANNOT_PARSE_UUID DUPLICATE_COLUMN ILLEGAL_COLUMN"
        " UNKNOWN_ELEMENT_IN_AST UNKNOWN_TYPE_OF_AST_NODE THERE_IS_NO_COLUMN TOO_DEEP_AST TOO_BIG_AST UNEXPECTED_AST_STRUCTURE"
        " SYNTAX_ERROR INCORRECT_DATA TYPE_MISMATCH VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE",
        401: "REQUIRED_PASSWORD",
        403: "UNKNOWN_USER WRONG_PASSWORD AUTHENTICATION_FAILED SET_NON_GRANTED_ROLE ACCESS_DENIED",
        404: "UNKNOWN_TABLE UNKNOWN_FUNCTION UNKNOWN_IDENTIFIER UNKNOWN_TYPE UNKNOWN_STORAGE UNKNOWN_DATABASE UNKNOWN_SETTING"
        " UNKNOWN_DIRECTION_OF_SORTING UNKNOWN_AGGREGATE_FUNCTION UNKNOWN_FORMAT UNKNOWN_DATABASE_ENGINE UNKNOWN_TYPE_OF_QUERY"
        " UNKNOWN_ROLE",
        408: "TIMEOUT_EXCEEDED",
        411: "HTTP_LENGTH_REQUIRED",
        413: "QUERY_IS_TOO_LARGE",
        415: "UNSUPPORTED_MEDIA_TYPE",
        501: "NOT_IMPLEMENTED",
        503: "SOCKET_TIMEOUT CANNOT_OPEN_FILE CANNOT_SCHEDULE_TASK",
    }.items()
    for name in names.split()
}

_CONTENT_TYPES = {
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "JSONCompactEachRow": "application/x-ndjson; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "Native": "application/octet-stream",
    "RowBinary": "application/octet-stream",
}
_FORMAT_CLAUSE = re.compile(r"\bFORMAT\s+(\w+)\s*(?:SETTINGS\b.*)?;?\s*$", re.IGNORECASE | re.DOTALL)

_FORGOTTEN_PASSWORD = """

If you use ClickHouse Cloud, the password can be reset at https://clickhouse.cloud/
on the settings page for the corresponding service.

If you have installed ClickHouse and forgot password you can reset it in the configuration file.
The password for default user is typically located at /etc/clickhouse-server/users.d/default-password.xml
and deleting this file will reset the password.
See also /etc/clickhouse-server/users.xml on the server where ClickHouse is installed.

"""


def listen(settings: "Settings") -> Server:
    # The server knows its settings through the class of its handlers: http.server makes the handlers itself.
    handler = type("Handler", (StatementHandler,), {"settings": settings})
    return Server(("127.0.0.1", settings.http_port), handler)


class StatementHandler(Handler):
    settings: "Settings"

    def respond(self) -> None:
        body = self.read_body()
        url = urlsplit(self.path)
        parameters = dict(parse_qsl(url.query, keep_blank_values=True))
        self.query_id = parameters.get("query_id") or str(uuid.uuid4())
        if url.path == "/ping" or (url.path == "/" and not url.query and not body):
            self.answer(200, b"Ok.\n", {"Content-Type": "text/html; charset=UTF-8"})
            return
        try:
            if url.path == "/replicas_status":
                self._answer_replicas_status()
            elif url.path in ("/", "/query"):
                self._run(parameters, body, self._authenticate(parameters))
            else:
                self.answer(404, f"There is no handle {url.path}\n".encode())
        except ServerError as error:
            self._answer_error(error)
        except ConnectionError:
            raise
        except Exception as error:
            traceback.print_exc()
            self._answer_error(ServerError(f"Code: 1001. DB::Exception: sandbox host: {error!r}. (STD_EXCEPTION)"))

    def _is_from_peer(self) -> bool:
        return self.headers.get(on_cluster.SECRET_HEADER) == self.settings.cluster_secret

    def _authenticate(self, parameters: dict[str, str]) -> str:
        """The user's name; none for another server of the cluster."""
        if self._is_from_peer():
            return ""
        user, password = parameters.get("user"), parameters.get("password")
        basic = self.headers.get("Authorization") or ""
        if "X-ClickHouse-User" in self.headers or "X-ClickHouse-Key" in self.headers:
            user, password = self.headers.get("X-ClickHouse-User"), self.headers.get("X-ClickHouse-Key")
        elif basic.startswith("Basic "):
            user, _, password = base64.b64decode(basic.removeprefix("Basic ")).decode(errors="replace").partition(":")
        user = user or "default"
        known = self.settings.users.get(user)
        if known is None or known.password != (password or ""):
            hint = _FORGOTTEN_PASSWORD if user == "default" else ""
            raise ServerError(
                f"Code: 516. DB::Exception: {user}: Authentication failed: password is incorrect,"
                f" or there is no user with such name.{hint}. (AUTHENTICATION_FAILED)"
            )
        return user

    def _run(self, parameters: dict[str, str], body: bytes, user: str) -> None:
        for name in _REFUSED & parameters.keys():
            raise ServerError(f"Code: 48. DB::Exception: The sandbox does not know the parameter '{name}'. (NOT_IMPLEMENTED)")
        sql = "\n".join(text for text in (parameters.get("query", ""), body.decode("utf-8", "surrogateescape")) if text)
        _refuse_what_is_no_statement(sql)
        format = parameters.get("default_format") or self.headers.get("X-ClickHouse-Format") or "TabSeparated"
        database = parameters.get("database") or self.headers.get("X-ClickHouse-Database") or "default"
        settings = {name: value for name, value in parameters.items() if name not in _NO_SETTINGS and not name.startswith("param_")}
        values = {name.removeprefix("param_"): value for name, value in parameters.items() if name.startswith("param_")}
        engine = self.server.engine
        connection = engine.open()
        try:
            profile = self._take_profile(connection, user)
            self._apply(connection, database, settings)
            begun = time.monotonic_ns()
            clause = None if self._is_from_peer() else on_cluster.find_clause(sql)
            if clause is not None:
                sql = on_cluster.run_everywhere(self.settings, sql, clause, profile | settings | {"database": database})
            answer = engine.run(connection, sql, format, values)
            self._answer_result(sql, format, answer, time.monotonic_ns() - begun)
        finally:
            connection.close()

    def _take_profile(self, connection: Connection, user: str) -> dict[str, str]:
        """Makes the user's profile that of the connection, and gives its settings."""
        known = self.settings.users.get(user)
        if known is None or known.profile is None:
            return {}
        connection.take_profile(known.profile)
        return known.profile.settings

    def _apply(self, connection: Connection, database: str, settings: dict[str, str]) -> None:
        if database != "default":
            connection.use(database)
        readonly = settings.get("readonly", "2" if self.command == "GET" else "0")
        all_settings = settings | {"readonly": readonly}
        if readonly == "0":
            del all_settings["readonly"]
        if all_settings:
            connection.set(all_settings)

    def _answer_result(self, sql: str, format: str, answer: Answer, elapsed_ns: int) -> None:
        summary = {name: count for name, count in answer._asdict().items() if name != "data"}
        summary |= {"total_rows_to_read": 0, "result_bytes": len(answer.data), "elapsed_ns": elapsed_ns}
        if first_word(sql) != "INSERT" and (named := _FORMAT_CLAUSE.search(sql)):
            format = named.group(1)
        otherwise = "text/tab-separated-values; charset=UTF-8" if format.startswith("T") else "text/plain; charset=UTF-8"
        self.answer(
            200,
            answer.data,
            self._common_headers()
            | {
                "Content-Type": _CONTENT_TYPES.get(format, otherwise),
                "X-ClickHouse-Format": format,
                "X-ClickHouse-Summary": json.dumps({name: str(value) for name, value in summary.items()}, separators=(",", ":")),
            },
        )

    def _answer_error(self, error: ServerError) -> None:
        text = error.text
        if "(version " not in text[-80:]:
            text += f" (version {self.server.engine.version} (official build))"
        self.answer(
            _STATUS_OF_ERROR.get(error.name, 500),
            (text + "\n").encode(),
            self._common_headers() | {"X-ClickHouse-Exception-Code": str(error.code)},
        )

    def _answer_replicas_status(self) -> None:
        engine = self.server.engine
        connection = engine.open()
        try:
            [[delayed]] = engine.rows(connection, "SELECT count() FROM system.replicas WHERE is_readonly OR absolute_delay > 300")
        finally:
            connection.close()
        if delayed == "0":
            self.answer(200, b"Ok.\n")
        else:
            self.answer(503, f"{delayed} replicas are read-only or delayed\n".encode())

    def _common_headers(self) -> dict[str, str]:
        return {
            "X-ClickHouse-Server-Display-Name": self.settings.name,
            "X-ClickHouse-Query-Id": self.query_id,
            "X-ClickHouse-Timezone": self.server.engine.timezone,
        }


def _refuse_what_is_no_statement(sql: str) -> None:
    word = first_word(sql)
    if not word and not sql.strip():
        raise ServerError("Code: 62. DB::Exception: Syntax error: failed at position 1 (end of query): . Empty query. (SYNTAX_ERROR)")
    # The data of an INSERT may hold anything, also a `;`.
    position = second_statement(sql) if word != "INSERT" else None
    if position is not None:
        line = sql.count("\n", 0, position) + 1
        column = position - sql.rfind("\n", 0, position)
        raise ServerError(
            f"Code: 62. DB::Exception: Syntax error (Multi-statements are not allowed): failed at position {position + 1}"
            f" (end of query) (line {line}, col {column}): {sql[position : position + 160]}. . (SYNTAX_ERROR)"
        )

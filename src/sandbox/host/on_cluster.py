"""ON CLUSTER: the embedded engine has no DDL queue, so the statement is sent to the servers of the cluster one after the other.

As on a real server, the initiator chooses the UUIDs, so that a table, and a view's inner table, has the same one everywhere; and what
Replicated tables carry to one another by themselves (ALTER, TRUNCATE, OPTIMIZE) is done on one replica only. All servers of a cluster
are one shard here. Unlike there, a server that is down does not catch up later, although the error (159, as a real server words it)
says so.
"""

import re
import urllib.error
import urllib.parse
import urllib.request
import uuid
from typing import TYPE_CHECKING, NamedTuple, Optional

from server_error import ServerError
from sql_text import Token, first_word, literal, tokens, unquoted

if TYPE_CHECKING:
    from node import Peer, Settings

SECRET_HEADER = "X-Sandbox-Cluster-Secret"
_NEVER_ON_CLUSTER = {"SELECT", "WITH", "INSERT", "EXPLAIN", "SHOW", "DESCRIBE", "DESC", "EXISTS"}


# What each replica has of its own: commands of ALTER that run on every server all the same.
_ALTERS_OF_ONE_REPLICA = (["MODIFY", "SETTING"], ["RESET", "SETTING"], ["FREEZE"], ["UNFREEZE"])


class Clause(NamedTuple):
    cluster: str
    start: int
    end: int
    before: list[Token]
    after: list[Token]


def find_clause(sql: str) -> Optional[Clause]:
    if first_word(sql) in _NEVER_ON_CLUSTER:
        return None
    all_tokens = list(tokens(sql))
    for index in range(len(all_tokens) - 2):
        if not (all_tokens[index].is_word("ON") and all_tokens[index + 1].is_word("CLUSTER")):
            continue
        last = index + 2
        # An unquoted name may hold dashes and macros in braces: its tokens touch each other.
        while last + 1 < len(all_tokens) and all_tokens[last + 1].start == all_tokens[last].end and all_tokens[last + 1].text not in "(;":
            last += 1
        start, end = all_tokens[index].start, all_tokens[last].end
        name = sql[all_tokens[index + 2].start : end]
        return Clause(name.strip("'`\""), start, end, all_tokens[:index], all_tokens[last + 1 :])
    return None


def statement_for_each(sql: str, clause: Clause) -> str:
    """The statement as every server gets it: without the clause, with the UUIDs chosen."""
    words = [token.text.upper() for token in clause.before]
    chosen = ""
    creates = words[:1] in (["CREATE"], ["REPLACE"]) and {"TABLE", "DICTIONARY", "MATERIALIZED"} & set(words)
    if creates and "UUID" not in words:
        chosen = f"UUID '{uuid.uuid4()}'"
        if "MATERIALIZED" in words and not (clause.after and clause.after[0].is_word("TO")):
            chosen += f" TO INNER UUID '{uuid.uuid4()}'"
    return sql[: clause.start] + chosen + sql[clause.end :]


def table_done_once(clause: Clause, database: str) -> Optional[tuple[str, str]]:
    """Database and table of a statement that one replica does for all, where the table is Replicated; None for all other statements."""
    words = [token.text.upper() for token in clause.before]
    index = words[:1] in (["CREATE"], ["DROP"]) and words[1:2] == ["INDEX"]
    if not index and words[:2] != ["ALTER", "TABLE"] and words[:1] not in (["TRUNCATE"], ["OPTIMIZE"]):
        return None
    if "DATABASE" in words[1:2] or "ALL" in words[1:2]:
        return None  # TRUNCATE DATABASE, TRUNCATE ALL TABLES
    commands = [token.text.upper() for token in clause.after if token.text != "("]
    if words[0] == "ALTER" and any(commands[: len(own)] == own for own in _ALTERS_OF_ONE_REPLICA):
        return None
    table = clause.before[-1]
    if len(clause.before) > 2 and clause.before[-2].text == ".":
        database = unquoted(clause.before[-3])
    return database, unquoted(table)


def run_everywhere(settings: "Settings", sql: str, clause: Clause, parameters: dict[str, str]) -> str:
    """Runs it on every server and gives the SELECT that shows the outcome as ClickHouse shows it. Raises 701, 48, 159 or a server's error."""
    cluster = re.sub(r"\{(\w+)\}", lambda macro: settings.macros.get(macro[1], macro[0]), clause.cluster)
    if cluster not in settings.clusters:
        raise ServerError(f"Code: 701. DB::Exception: Requested cluster '{cluster}' not found. (CLUSTER_DOESNT_EXIST)")
    if first_word(sql) in ("BACKUP", "RESTORE"):
        raise ServerError("Code: 48. DB::Exception: The sandbox has no DDL queue, which this needs ON CLUSTER. (NOT_IMPLEMENTED)")
    peers = settings.clusters[cluster]
    statement = statement_for_each(sql, clause)
    table = table_done_once(clause, parameters["database"])
    done = False
    unreachable = 0
    for peer in peers:
        try:
            replicated = table is not None and _is_replicated(settings, peer, table)
            if replicated and done:
                continue
            _send(settings, peer, statement, parameters)
            done = done or replicated
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace").strip()
            name = (re.findall(r"\(([A-Z][A-Z0-9_]{2,})\)", text) or ["UNKNOWN_EXCEPTION"])[-1]
            code = error.headers.get("X-ClickHouse-Exception-Code", "1002")
            raise ServerError(
                f"Code: {code}. DB::Exception: There was an error on [{peer.host}:{peer.native_port}]: {text}. ({name})"
            ) from None
        except OSError:
            unreachable += 1
    if unreachable:
        raise ServerError(
            "Code: 159. DB::Exception: Distributed DDL task /clickhouse/task_queue/ddl/query-0000000000 is not finished on"
            f" {unreachable} of {len(peers)} hosts (0 of them are currently executing the task, {unreachable} are inactive)."
            " They are going to execute the query in background. Was waiting for 180.000 seconds, which is longer than"
            " distributed_ddl_task_timeout. (TIMEOUT_EXCEEDED)"
        )
    rows = ", ".join(
        f"({literal(peer.host)}, {peer.native_port}, 0, '', {len(peers) - done}, 0)" for done, peer in enumerate(peers, start=1)
    )
    columns = "host String, port UInt16, status Int64, error String, num_hosts_remaining UInt64, num_hosts_active UInt64"
    return f"SELECT * FROM values({literal(columns)}, {rows})"


def _is_replicated(settings: "Settings", peer: "Peer", table: tuple[str, str]) -> bool:
    database, name = map(literal, table)
    found = f"SELECT count() FROM system.tables WHERE database = {database} AND name = {name} AND engine LIKE 'Replicated%MergeTree'"
    return _send(settings, peer, found, {}) == "1"


def _send(settings: "Settings", peer: "Peer", sql: str, parameters: dict[str, str]) -> str:
    address = f"http://{peer.host}:{peer.http_port}/?{urllib.parse.urlencode(parameters)}"
    request = urllib.request.Request(address, data=sql.encode(), headers={SECRET_HEADER: settings.cluster_secret})
    with urllib.request.urlopen(request, timeout=600) as response:
        return str(response.read().decode(errors="replace").strip())

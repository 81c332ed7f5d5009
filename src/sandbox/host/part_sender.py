"""Sends parts to other replicas: the server's side of ClickHouse's DataPartsExchange, protocol versions up to 10.

The embedded engine fetches parts over HTTP but does not serve them. A part is a folder of files: what is sent is what stands there.
"""

import os
import struct
import time
import traceback
from typing import BinaryIO, NamedTuple, Optional
from urllib.parse import parse_qs, urlsplit

from cityhash import Checksum
from network import Handler, Server

_NEWEST_VERSION = 10
_ENDPOINT = "DataPartsExchange:"
_NIL_UUID = "00000000-0000-0000-0000-000000000000"
_READ = 1 << 20
# Files of one server's own bookkeeping, and files older receivers do not know, by the version that brought them.
_NEVER_SENT = {"txn_version.txt", "delete-on-destroy.txt"}
_SENT_SINCE = {"default_compression_codec.txt": 4, "metadata_version.txt": 8, "columns_substreams.txt": 9}
_INVALIDATED_COLUMNS, _INVALIDATED_COLUMNS_SINCE = "invalidated_system_columns", 10


class Part(NamedTuple):
    path: str
    type: str
    uuid: str


def listen(port: int) -> Server:
    return Server(("127.0.0.1", port), PartHandler)


class PartHandler(Handler):
    def respond(self) -> None:
        self.read_body()
        query = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}
        endpoint = query.get("endpoint", "")
        try:
            part = self._find(endpoint, query.get("part", ""))
            if part is None:
                self._refuse(221, f"No interserver IO endpoint named {endpoint}", "NO_SUCH_INTERSERVER_IO_ENDPOINT")
            elif not os.path.isdir(part.path):
                self._refuse(232, f"No part {query['part']} in table", "NO_SUCH_DATA_PART")
            else:
                self._send(part, min(int(query.get("client_protocol_version", "0")), _NEWEST_VERSION))
        except OSError:
            # Half a part has gone out; only a broken connection tells the receiver so. A merge may have removed the files.
            traceback.print_exc()
            self.close_connection = True

    def _refuse(self, code: int, message: str, name: str) -> None:
        text = f"Code: {code}. DB::Exception: {message}. ({name})\n"
        self.answer(500, text.encode(), {"X-ClickHouse-Exception-Code": str(code)})

    def _find(self, endpoint: str, name: str) -> Optional[Part]:
        """The part of the table whose replica path stands in the endpoint; None when there is no such table."""
        if not endpoint.startswith(_ENDPOINT):
            return None
        path = endpoint.removeprefix(_ENDPOINT)
        path = path[path.index("/") :] if "/" in path else path  # the name of a Keeper may stand before the path
        engine = self.server.engine
        connection = engine.open()
        try:
            replica = "FROM system.replicas WHERE replica_path = {path:String}"
            sought = {"path": path, "part": name}
            if engine.rows(connection, f"SELECT count() {replica}", {"path": path}) == [["0"]]:
                return None
            for _ in range(20):  # Keeper may know of a part a moment before system.parts does
                parts = engine.rows(
                    connection,
                    "SELECT path, part_type, toString(uuid) FROM system.parts"
                    f" WHERE (database, table) IN (SELECT database, table {replica}) AND name = {{part:String}} LIMIT 1",
                    sought,
                )
                if parts:
                    return Part(parts[0][0].rstrip("/"), parts[0][1], parts[0][2] or _NIL_UUID)
                time.sleep(0.05)
            return Part("", "", "")
        finally:
            connection.close()

    def _send(self, part: Part, version: int) -> None:
        files = _files(part.path, version)
        projections = {}
        if version >= 7:
            folders = sorted(entry.name for entry in os.scandir(part.path) if entry.is_dir() and entry.name.endswith(".proj"))
            projections = {name: _files(os.path.join(part.path, name), version) for name in folders}

        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Set-Cookie", f"server_protocol_version={version}")
        self.end_headers()
        out = ChunkedWriter(self.wfile)
        if version >= 1:
            sizes = (_sizes(os.path.join(part.path, name), names) for name, names in projections.items())
            out.write_number(_sizes(part.path, files) + sum(sizes))
        if version >= 2:
            out.write_string(_read_ttl(part.path))
        if version >= 3:
            out.write_string(part.type.encode())
        if version >= 5:
            out.write(part.uuid.encode())
        if version >= 7:
            out.write_number(len(projections))
            for name, names in projections.items():
                out.write_string(name.removesuffix(".proj").encode())
                _send_files(out, os.path.join(part.path, name), names)
        _send_files(out, part.path, files)
        out.finish()


class ChunkedWriter:
    """HTTP's chunked encoding, and ClickHouse's encoding of numbers and strings."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._pending = bytearray()

    def write(self, data: bytes) -> None:
        self._pending += data
        if len(self._pending) >= _READ:
            self._flush()

    def write_number(self, number: int) -> None:
        self.write(struct.pack("<Q", number))

    def write_string(self, data: bytes) -> None:
        length, encoded = len(data), bytearray()
        while length >= 0x80:
            encoded.append(length & 0x7F | 0x80)
            length >>= 7
        encoded.append(length)
        self.write(bytes(encoded) + data)

    def finish(self) -> None:
        self._flush()
        self._out.write(b"0\r\n\r\n")

    def _flush(self) -> None:
        if self._pending:
            self._out.write(b"%x\r\n%b\r\n" % (len(self._pending), self._pending))
            self._pending.clear()


def _files(folder: str, version: int) -> list[str]:
    def is_sent(name: str) -> bool:
        since = _INVALIDATED_COLUMNS_SINCE if name.startswith(_INVALIDATED_COLUMNS) else _SENT_SINCE.get(name, 0)
        return name not in _NEVER_SENT and version >= since

    return sorted(entry.name for entry in os.scandir(folder) if entry.is_file() and is_sent(entry.name))


def _sizes(folder: str, names: list[str]) -> int:
    return sum(os.path.getsize(os.path.join(folder, name)) for name in names)


def _read_ttl(folder: str) -> bytes:
    try:
        with open(os.path.join(folder, "ttl.txt"), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b"ttl format version: 1\n{}"


def _send_files(out: ChunkedWriter, folder: str, names: list[str]) -> None:
    out.write_number(len(names))
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            out.write_string(name.encode())
            out.write_number(size)
            checksum = Checksum()
            while size:
                data = file.read(min(_READ, size))
                if not data:
                    raise OSError(f"{name} is shorter than it was")
                size -= len(data)
                checksum.update(data)
                out.write(data)
            out.write(checksum.digest())

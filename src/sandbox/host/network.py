"""What both HTTP servers of a node have in common: threads, keep-alive, reading a request's body, answering."""

import gzip
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Iterable

from engine import Engine


class Server(ThreadingHTTPServer):
    """One thread a connection. `engine` is set by `serve_in_background`, before the first request is taken."""

    daemon_threads = True
    request_queue_size = 256
    engine: Engine

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            traceback.print_exc()


def serve_in_background(server: Server, engine: Engine) -> None:
    server.engine = engine
    threading.Thread(target=server.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """Subclasses give `respond()`, which answers GET, HEAD and POST alike."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 18
    server: Server

    def respond(self) -> None:
        raise NotImplementedError

    def do_GET(self) -> None:
        try:
            self.respond()
        except ConnectionError:
            # The client has gone. What the engine was told to do has been done all the same.
            self.close_connection = True

    do_POST = do_GET
    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the engine logs its queries itself."""

    def read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b"".join(self._chunks())
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def _chunks(self) -> Iterable[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        headers = {"Content-Type": "text/plain; charset=UTF-8"} | (headers or {})
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

"""A wire to a server that looks to a client as PgBouncer does."""

from __future__ import annotations

import contextlib
import socket
import struct

from tests.faults.wire import Wire

_ASKS = (80877103, 80877104)  # whether to encrypt, which a server answers with one letter


class Pooler(Wire):
    """
    Tells other process numbers than the server's.

    Args:
        drops: Whether it drops the settings that a session asks for, as with ``ignore_startup_parameters = options``.
    """

    def __init__(self, port: int, *, drops: bool = False) -> None:
        super().__init__(port)
        self._drops = drops

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError, struct.error):
            if one in self._ends[::2]:
                self._ask(one, other)
            else:
                _answer(one, other)
        super()._pass(one, other)

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        while True:
            length, code = struct.unpack("!ii", _read(client, 8))
            body = _read(client, length - 8)
            if code not in _ASKS and self._drops:
                words = body.rstrip(b"\0").split(b"\0")
                pairs = zip(words[::2], words[1::2], strict=True)
                body = b"".join(b"%s\0%s\0" % pair for pair in pairs if pair[0] != b"options") + b"\0"
            server.sendall(struct.pack("!ii", 8 + len(body), code) + body)
            if code not in _ASKS:
                return


def _answer(server: socket.socket, client: socket.socket) -> None:
    while (kind := _read(server, 1)) == b"N":
        client.sendall(kind)
    while True:
        (length,) = struct.unpack("!i", _read(server, 4))
        body = _read(server, length - 4)
        if kind == b"K":
            body = struct.pack("!i", struct.unpack("!i", body[:4])[0] + 1) + body[4:]
        client.sendall(kind + struct.pack("!i", length) + body)
        if kind == b"K":
            return
        kind = _read(server, 1)


def _read(end: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        if not (more := end.recv(size - len(found))):
            raise OSError
        found += more
    return found

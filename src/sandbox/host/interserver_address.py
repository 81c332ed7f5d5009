"""Gives the embedded engine the address at which other replicas fetch its parts.

A ClickHouse server sets its interserver address, scheme and credentials when it starts; the embedded engine never does, and every
Replicated table stays read-only. Nothing in its configuration helps, so three getters of `DB::Context` are replaced, in the memory
of this process alone:

    getInterserverIOAddress()    -> {host, port}
    getInterserverScheme()       -> "http"
    getInterserverCredentials()  -> a zeroed object: no user, no password

Where they have no names they are found by what they do, for they lie next to each other: the bytes of their first instructions, and the
offsets of the fields they read, which must agree with one another. When a build does not match, this says so instead of writing anywhere.
"""

import ctypes
import struct
from typing import Optional

from machine_code import MachineCode, functions_that_begin, overwrite

_NAMES = (
    "_ZNK2DB7Context23getInterserverIOAddressEv",
    "_ZNK2DB7Context20getInterserverSchemeEv",
    "_ZNK2DB7Context25getInterserverCredentialsEv",
)
# push r14; push rbx; sub rsp, 0x48; mov r14, [rsi]; movsx rcx, byte ptr [r14 + FLAG]
_ADDRESS_BEGINS = bytes.fromhex("4156534883ec484c8b36490fbe8e")
# mov rax, [rsi]; cmp byte ptr [rax + FLAG], 0
_SCHEME_BEGINS = bytes.fromhex("488b0680b8")
# push r15; push r14; push rbx; mov r15, [rdi]; lea rbx, [r15 + FIELD]
_CREDENTIALS_BEGIN = bytes.fromhex("4157415653" + "4c8b3f" + "498d9f")

# Offsets inside the context, from the host's string on: its flag byte, the port, the scheme's string, the credentials' holder.
_FLAG, _PORT, _SCHEME, _CREDENTIALS = 0x17, 0x18, 0x20, 0x38
_NEIGHBOURS = 0x400

# What getInterserverCredentials() will point to; it must live as long as the process.
_no_credentials = ctypes.create_string_buffer(256)


def install(code: MachineCode, port: int, host: str = "127.0.0.1") -> None:
    """To be called after the engine's library is loaded and before its first connection is opened."""
    address, scheme, credentials = code.by_name(*_NAMES) or _by_code(code)
    returns_result = b"\x48\x89\xf8\xc3"  # mov rax, rdi; ret
    set_port = b"\x66\xc7\x47\x18" + struct.pack("<H", port)  # mov word ptr [rdi + 0x18], port
    overwrite(address, _store_string(host) + set_port + returns_result)
    overwrite(scheme, _store_string("http") + returns_result)
    pointer = struct.pack("<Q", ctypes.addressof(_no_credentials))
    overwrite(credentials, b"\x48\xb8" + pointer + b"\x31\xd2\xc3")  # mov rax, pointer; xor edx, edx; ret


def _by_code(code: MachineCode) -> list[int]:
    executable = code.executable()
    for address in functions_that_begin(executable, _ADDRESS_BEGINS):
        (flag,) = struct.unpack("<i", ctypes.string_at(address + len(_ADDRESS_BEGINS), 4))
        host = flag - _FLAG
        if struct.pack("<i", host + _PORT) not in ctypes.string_at(address, 0x80):
            continue
        near = [(max(low, address - _NEIGHBOURS), min(high, address + _NEIGHBOURS)) for low, high in executable]
        scheme = _only(functions_that_begin(near, _SCHEME_BEGINS + struct.pack("<i", host + _SCHEME + _FLAG)))
        credentials = _only(functions_that_begin(near, _CREDENTIALS_BEGIN + struct.pack("<i", host + _CREDENTIALS)))
        if scheme and credentials:
            return [address, scheme, credentials]
    raise RuntimeError("this build of the engine is not known: its interserver functions were not found")


def _only(places: list[int]) -> Optional[int]:
    return places[0] if len(places) == 1 else None


def _store_string(text: str) -> bytes:
    """Machine code that builds a short libc++ string (alternate layout: 23 bytes, then its length) at [rdi]."""
    if len(text) > 22:
        raise ValueError(f"{text!r} is too long for a short string")
    value = text.encode().ljust(23, b"\0") + bytes([len(text)])
    code = b""
    for offset in (0, 8, 16):
        # mov rax, value[offset..]; mov [rdi + offset], rax
        code += b"\x48\xb8" + value[offset : offset + 8] + b"\x48\x89\x47" + bytes([offset])
    return code

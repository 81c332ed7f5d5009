"""Finds functions of the engine in this process's memory, by name or by what they do, and overwrites them. x86-64 only.

The file on disk stays untouched. Packages before 26 export the engine's functions by name; later ones are stripped.
"""

import ctypes
import platform
from typing import Optional

_PAGE = 0x1000
_READ_EXECUTE, _READ_WRITE_EXECUTE = 5, 7

_libc = ctypes.CDLL(None, use_errno=True)
_libc.memmem.restype = ctypes.c_void_p
_libc.memmem.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
_libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]

Ranges = list[tuple[int, int]]


class MachineCode:
    """The code of one loaded library."""

    def __init__(self, library: str) -> None:
        if platform.machine() != "x86_64":
            raise RuntimeError(f"the sandbox's engine runs on x86_64 only, this machine is {platform.machine()}")
        self._library = library
        self._mapped = _mapped(library)

    def by_name(self, *symbols: str) -> Optional[list[int]]:
        """The functions' addresses, where the library exports all of them."""
        library = ctypes.CDLL(self._library)
        try:
            return [ctypes.cast(getattr(library, symbol), ctypes.c_void_p).value or 0 for symbol in symbols]
        except AttributeError:
            return None

    def executable(self) -> Ranges:
        return [(low, high) for low, high, permissions in self._mapped if "x" in permissions]

    def is_readable(self, address: int, length: int) -> bool:
        return any(low <= address and address + length <= high and "r" in permissions for low, high, permissions in self._mapped)


def _mapped(library: str) -> list[tuple[int, int, str]]:
    mapped = []
    with open("/proc/self/maps", encoding="utf-8") as maps:
        for line in maps:
            fields = line.rstrip("\n").split(maxsplit=5)
            if len(fields) == 6 and fields[5] == library:
                low, high = (int(bound, 16) for bound in fields[0].split("-"))
                mapped.append((low, high, fields[1]))
    return mapped


def functions_that_begin(ranges: Ranges, begins: bytes) -> list[int]:
    """Functions start at multiples of 16."""
    found = []
    for low, high in ranges:
        while low < high and (place := _libc.memmem(low, high - low, begins, len(begins))):
            if place % 16 == 0:
                found.append(place)
            low = place + 1
    return found


def overwrite(address: int, code: bytes) -> None:
    start = address & ~(_PAGE - 1)
    length = ((address + len(code) + _PAGE - 1) & ~(_PAGE - 1)) - start
    if _libc.mprotect(start, length, _READ_WRITE_EXECUTE):
        raise OSError(ctypes.get_errno(), "the engine's code cannot be made writable")
    ctypes.memmove(address, code, len(code))
    _libc.mprotect(start, length, _READ_EXECUTE)

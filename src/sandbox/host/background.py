"""Starts what a server starts and an older package does not: the threads of BACKUP, and the task that drops what was dropped.

By name where the package exports it. Later ones export nothing: there `StaticThreadPool::initialize` is found by its first instructions,
and `getBackupsIOThreadPool`, some hundred bytes behind it, by the name of the pool that it loads.
"""

import ctypes
import struct
from typing import Optional

from machine_code import MachineCode, functions_that_begin

_BACKUP_THREADS, _QUEUE = 16, 10_000
_POOL_NAMES = ("_ZN2DB22getBackupsIOThreadPoolEv", "_ZN2DB16StaticThreadPool10initializeEmmm")
_CATALOG_NAMES = (
    "_ZN2DB15DatabaseCatalog8instanceEv",
    "_ZN2DB15DatabaseCatalog21createBackgroundTasksEv",
    "_ZN2DB15DatabaseCatalog22startupBackgroundTasksEv",
)

# sub rsp, 0x48; mov [rsp+0x10], rsi; mov [rsp+8], rdx; mov [rsp], rcx; cmp qword [rdi+0x30], 0; je +5; add rsp, 0x48; ret
_INITIALIZE_BEGINS = bytes.fromhex("4883ec48" "4889742410" "4889542408" "48890c24" "48837f3000" "7405" "4883c448" "c3")
_POOL = b"BackupsIOThreadPool\0"
# lea rsi, [rip + …]
_LOADS_TEXT = b"\x48\x8d\x35"
# What the accessor begins with, build by build, up to the test of its guard: pushes; sub rsp, …; movzx eax, byte ptr [rip + …]
_ACCESSOR_BEGINS = tuple(
    bytes.fromhex(text)
    for text in ("41574156534883ec200fb605", "534883ec200fb605", "4156534883ec280fb605", "4156534883ec180fb605")
)
_BEHIND, _BEFORE_THE_NAME = 0x4000, 0x80


def start_backup_threads(code: MachineCode) -> None:
    """To be called once, before the first BACKUP: to start them twice ends the process."""
    found = code.by_name(*_POOL_NAMES) or _pool_by_code(code)
    if found is None:
        raise RuntimeError("this build of the engine is not known: its pool of BACKUP's threads was not found")
    accessor, initialize = found
    pool = ctypes.CFUNCTYPE(ctypes.c_void_p)(accessor)()
    numbers = [ctypes.c_size_t] * 3
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, *numbers)(initialize)(pool, _BACKUP_THREADS, 0, _QUEUE)


def start_drop_task(code: MachineCode) -> None:
    """To be called once, with the engine started."""
    found = code.by_name(*_CATALOG_NAMES)
    if found is None:
        raise RuntimeError("this build of the engine is not known: it does not export its catalog of databases")
    instance, *steps = found
    catalog = ctypes.CFUNCTYPE(ctypes.c_void_p)(instance)()
    for step in steps:
        ctypes.CFUNCTYPE(None, ctypes.c_void_p)(step)(catalog)


def _pool_by_code(code: MachineCode) -> Optional[list[int]]:
    for initialize in functions_that_begin(code.executable(), _INITIALIZE_BEGINS):
        if not code.is_readable(initialize, _BEHIND):
            continue
        behind = ctypes.string_at(initialize, _BEHIND)
        at = -1
        while (at := behind.find(_LOADS_TEXT, at + 1)) >= 0:
            (offset,) = struct.unpack_from("<i", behind, at + len(_LOADS_TEXT))
            text = initialize + at + len(_LOADS_TEXT) + 4 + offset
            if code.is_readable(text, len(_POOL)) and ctypes.string_at(text, len(_POOL)) == _POOL:
                accessor = _accessor(behind, at)
                if accessor is not None:
                    return [initialize + accessor, initialize]
    return None


def _accessor(behind: bytes, name: int) -> Optional[int]:
    starts = (behind.rfind(begins, max(0, name - _BEFORE_THE_NAME), name) for begins in _ACCESSOR_BEGINS)
    return next((start for start in starts if start >= 0 and start % 16 == 0), None)

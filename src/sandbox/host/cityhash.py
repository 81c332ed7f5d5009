"""The checksum a part's files travel with: CityHash128 (v1.0.2), chained over blocks of 2,048 bytes.

The package `clickhouse-cityhash` has the function, but its Python wrapper ignores the seed; so its C++ symbol is called directly.
"""

import ctypes

from clickhouse_cityhash import cityhash as _package

_BLOCK = 2048


class _UInt128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


_city_hash_128_with_seed = ctypes.CDLL(_package.__file__)._Z19CityHash128WithSeedPKcmSt4pairImmE
_city_hash_128_with_seed.argtypes = [ctypes.c_void_p, ctypes.c_size_t, _UInt128]
_city_hash_128_with_seed.restype = _UInt128


class Checksum:
    """Feed it buffers whose sizes are multiples of 2,048, except for the last."""

    def __init__(self) -> None:
        self._state = _UInt128(0, 0)

    def update(self, data: bytes) -> None:
        address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0
        for offset in range(0, len(data), _BLOCK):
            self._state = _city_hash_128_with_seed(address + offset, min(_BLOCK, len(data) - offset), self._state)

    def digest(self) -> bytes:
        return bytes(self._state)

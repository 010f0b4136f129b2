"""G.711 μ-law, the telephone's eight bits a sample, by table.

ITU-T Recommendation G.711 (11/88), in the arithmetic of the ITU software tool
library (G.191): a linear sample is 14 bits, left-justified in int16.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SILENCE = 0xFF
"""The code of the sample 0."""


def _decoded() -> NDArray[np.int16]:
    code = ~np.arange(256)  # the line carries the bits inverted
    segment, step = (code >> 4) & 0x07, code & 0x0F
    # Steps of a segment are twice as wide as of the one below; 132 = 4 · 33 is the bias.
    size = (((step << 3) + 132) << segment) - 132
    return np.where(np.arange(256) < 0x80, -size, size).astype(np.int16)


def _encoded() -> NDArray[np.uint8]:
    sample = np.arange(1 << 16).astype(np.uint16).view(np.int16).astype(np.int32)
    size = np.minimum((np.where(sample < 0, ~sample, sample) >> 2) + 33, 0x1FFF)
    segment = np.frexp(size >> 6)[1] + 1  # frexp's exponent is the bit length
    code = ((8 - segment) << 4) | (0x0F - ((size >> segment) & 0x0F))
    return np.where(sample < 0, code, code | 0x80).astype(np.uint8)


_DECODED = _decoded()
_ENCODED = _encoded()


def decode(codes: bytes) -> NDArray[np.int16]:
    """The samples of μ-law ``codes``, one a byte."""
    return _DECODED[np.frombuffer(codes, np.uint8)]


def encode(samples: NDArray[np.int16]) -> bytes:
    """The μ-law codes of int16 ``samples``, one byte each."""
    return _ENCODED[samples.view(np.uint16)].tobytes()

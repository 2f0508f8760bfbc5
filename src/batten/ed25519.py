"""The public keys of Ed25519 that belong to private ones; signs and checks nothing.

https://www.rfc-editor.org/rfc/rfc8032#section-5.1.5
"""

from hashlib import sha512

_HALF = 32
_PRIME = 2**255 - 19
_CURVE = -121665 * pow(121666, _PRIME - 2, _PRIME) % _PRIME
_BASE_Y = 4 * pow(5, _PRIME - 2, _PRIME) % _PRIME
_BASE_X = 0x216936D3CD6E53FEC0A4E231FDD6DC5C692CC7609525A7B2C9562D608F25D51A
_Point = tuple[int, int, int, int]


def public_half(private: bytes) -> bytes:
    """The public key that belongs to a private one of thirty-two bytes."""
    scalar = int.from_bytes(sha512(private).digest()[:_HALF], "little") & ((1 << 254) - 8) | (1 << 254)
    point: _Point = (0, 1, 1, 0)
    step: _Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _PRIME)
    while scalar:
        if scalar & 1:
            point = _added(point, step)
        step = _added(step, step)
        scalar >>= 1
    scale = pow(point[2], _PRIME - 2, _PRIME)
    x, y = point[0] * scale % _PRIME, point[1] * scale % _PRIME
    return (y | (x & 1) << 255).to_bytes(_HALF, "little")


def _added(one: _Point, other: _Point) -> _Point:
    low = (one[1] - one[0]) * (other[1] - other[0]) % _PRIME
    high = (one[1] + one[0]) * (other[1] + other[0]) % _PRIME
    twisted = 2 * one[3] * other[3] * _CURVE % _PRIME
    scaled = 2 * one[2] * other[2] % _PRIME
    across, left, right, up = high - low, scaled - twisted, scaled + twisted, high + low
    return across * left % _PRIME, right * up % _PRIME, left * right % _PRIME, across * up % _PRIME

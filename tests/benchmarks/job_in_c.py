"""A computing job in C that releases the GIL while it runs.

It has a module of its own, because interpreters import it by name.
"""

from hashlib import pbkdf2_hmac


def hash_in_c(rounds: int) -> bytes:
    """Return the hash of a password after a number of rounds."""
    return pbkdf2_hmac("sha256", b"password", b"salt", rounds)

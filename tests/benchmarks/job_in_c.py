"""A job in C that lets the GIL go; where it is, any interpreter can import."""

from hashlib import pbkdf2_hmac


def hash_in_c(rounds: int) -> bytes:
    """Return the hash of a password after so many rounds."""
    return pbkdf2_hmac("sha256", b"password", b"salt", rounds)

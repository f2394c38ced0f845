"""An Afluente that enforces, and requests signed by hand, which an attacker may then change."""

from tests.auth.conftest import place, refused

__all__ = ["place", "refused"]

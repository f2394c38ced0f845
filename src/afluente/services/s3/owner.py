"""Who owns buckets and objects: an account, by the name that S3 has for it."""

from hashlib import sha256


def owner(account: str) -> dict[str, str]:
    """The account's canonical user."""
    return {"ID": sha256(account.encode()).hexdigest()}

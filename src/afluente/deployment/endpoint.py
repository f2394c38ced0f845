"""Addresses: whether one is AWS's, this machine's, or none at all."""

import ipaddress
from urllib.parse import urlsplit

AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu")


def is_endpoint(text: str) -> bool:
    """Whether `text` is an address that a client can be pointed at."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        return False


def is_aws(endpoint: str) -> bool:
    """Whether an address is one of AWS's own."""
    return (urlsplit(endpoint).hostname or "").endswith(AWS_HOSTS)


def is_loopback(endpoint: str) -> bool:
    """Whether an address can only be this machine's."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""Afluente: a streaming lake on one machine, behind the AWS APIs."""

__version__ = "0.1.0"

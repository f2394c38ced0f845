"""Connections: how a job would reach a store outside. The catalog keeps them; none is opened here."""

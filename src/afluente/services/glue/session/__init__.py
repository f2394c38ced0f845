"""Glue's interactive sessions: notebooks' statements, run one by one in a process that remembers."""

"""Benchmarks: each figure beside the machine's raw limit for the same bytes, measured in the same run."""

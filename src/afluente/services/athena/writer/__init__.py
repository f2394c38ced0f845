"""Queries whose rows go into tables: statements that write, and the files that they write."""

"""Grok: named regular expressions that take a line of text apart."""

"""Durability, written once: the record log, the metadata database, the blobs."""

"""Follows one record through the lake, and counts whether all of them came through.

The passport follows a reading from PutRecord to shard and sequence number, to object and byte, to the table's
partition, to the Parquet row and the row of an answer. The ledger balances a stream against what lies in the lake. Both
are AWS clients that only read, so they look at a lake on AWS too; what AWS does not tell, Afluente's own endpoints do
(docs/passport.md). Nothing is taken for granted: each step is held against the bytes that are there.
"""

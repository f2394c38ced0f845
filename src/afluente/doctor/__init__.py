"""Explains, in plain words, why a table, a delivery stream, a stream or a job run does not show what was expected.

An AWS client like any other: it only reads, through boto3, so it looks at a lake on AWS as well as at one here.

Each file looks at one kind of thing. What it can find stands beside the rule that finds it, in English and Portuguese.
"""

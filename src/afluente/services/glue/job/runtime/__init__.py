"""What runs inside a job's process: the host of its script, and behind `awsglue` and `pyspark` the work itself.

`package/` holds the names a script imports; everything they do is here. The process talks to the server through
`channel.py` alone: no SDK, no HTTP, no copy of an object's bytes.
"""

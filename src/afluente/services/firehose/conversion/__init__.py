"""Record format conversion: JSON records to one Parquet or ORC file, by the columns of a Glue table.

Pure: no clock, no sockets, no other service. The same records and configuration give the same bytes, so that a delivery
that a crash interrupted can be carried out again.
"""

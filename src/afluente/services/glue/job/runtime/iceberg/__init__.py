"""Iceberg tables of the Glue catalog in jobs: read, appended to, merged into and made, through pyiceberg."""

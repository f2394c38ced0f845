"""Task runs that compute the statistics of a table's columns, and write them into the catalog."""

"""Crawlers: they list and read objects in S3, infer schemas, and write tables to the catalog."""

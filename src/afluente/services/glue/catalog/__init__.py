"""The Data Catalog: databases, tables, versions, partitions."""

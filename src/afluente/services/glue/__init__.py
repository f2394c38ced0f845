"""AWS Glue: the Data Catalog, crawlers, jobs and triggers."""

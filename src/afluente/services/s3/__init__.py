"""Amazon S3: buckets and objects, which are plain files in the data folder."""

"""Glue job scripts, as they run on AWS Glue and on Afluente."""

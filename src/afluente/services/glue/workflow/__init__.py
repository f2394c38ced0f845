"""Workflows: graphs of triggers, jobs and crawlers, run as one."""

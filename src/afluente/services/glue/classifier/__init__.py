"""Custom classifiers: how users say what their files are. Using them is the crawlers' matter."""

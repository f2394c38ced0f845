"""Three sensor apps, one model each, one shared producer."""

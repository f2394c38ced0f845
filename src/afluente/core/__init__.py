"""What every layer may use: clock, call, errors, names, settings, background loops. Imports nothing of ours."""

"""Gold and predicted entities to counts and reports. Only sets of entities; no tag, grid or tensor comes in here."""

"""Pages to look at: one self-contained file of HTML each, which opens from disk with no network."""

"""Declarations of models, one per file: hyperparameters, switches and a build function. No torch at module level."""

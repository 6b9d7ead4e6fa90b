"""Entities and the structures that heads predict. Pure Python, no torch."""

"""YAML to typed values: read, extend, override, and remember where each value was written."""

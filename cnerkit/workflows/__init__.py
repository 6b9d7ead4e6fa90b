"""One function per command: returns a value, prints nothing."""

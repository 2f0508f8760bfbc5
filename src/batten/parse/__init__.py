"""Bytes to syntax, one module a language; knows nothing of what the code means."""

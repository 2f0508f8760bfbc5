"""batten: a static security linter for AI-generated apps."""

__version__ = "0.1.0"

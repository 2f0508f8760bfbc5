"""Builders of fixes: each makes, of a finding and the app, the changes that would close it; proves nothing and writes nothing."""

from batten.remedies.app import App, Remedy, fact
from batten.remedies.register import NAMES, remedy

__all__ = ["NAMES", "App", "Remedy", "fact", "remedy"]

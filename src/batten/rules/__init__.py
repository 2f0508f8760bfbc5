"""Rules as pages: reading them, matching them against facts, and turning matches into findings."""

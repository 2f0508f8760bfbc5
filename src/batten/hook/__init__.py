"""What coding agents are told while they write: after an edit, and before they stop."""

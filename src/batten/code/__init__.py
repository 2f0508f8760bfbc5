"""The code model: one small form for Python and JavaScript/TypeScript, and what turns each syntax into it."""

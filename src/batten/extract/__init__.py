"""From one file's code model or syntax to its facts; the only meeting of the two."""

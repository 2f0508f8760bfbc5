"""The bot: says on a pull request what ``batten diff`` has found. It reads findings from a document, which it does not believe, and analyses nothing itself."""

"""The server of tools for coding agents (Model Context Protocol): they ask about the app, and nothing of it is changed."""

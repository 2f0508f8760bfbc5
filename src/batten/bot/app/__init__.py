"""The GitHub App: webhooks in, a queue that survives, analysis in a process of its own, and what is found said on the pull request."""

"""What is known of the app: flat values without syntax, first of one file, then of the whole."""

"""Rules for the whole run: which process runs what, how long a test may take, and coverage."""

"""What the whole run keeps to: who runs where, how long a test may take, what is covered."""

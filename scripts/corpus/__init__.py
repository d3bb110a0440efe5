"""Recordings and made-up sounds, for training and measuring alike."""

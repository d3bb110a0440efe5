"""Recordings and synthesised sounds, for both training and measuring."""

"""Mailpit, as a mirror for people: every message that was taken can be looked at there.

It is never the judge. What it gets is a copy, made after the verdict, and nothing that it does or
fails to do reaches a verdict. Facts about it were read in, and tried with, v1.33.1 (2026-11-30).
"""

"""Tests of `grading.preflight`."""

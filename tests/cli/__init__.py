"""Tests of `grading.cli`."""

"""Tests of `grading.release`."""

"""Tests of `grading.diagnosis`."""

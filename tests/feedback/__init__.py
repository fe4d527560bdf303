"""Tests of `grading.feedback`."""

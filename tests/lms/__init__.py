"""Tests of `grading.lms`."""

"""Tests of `grading.mutation`."""

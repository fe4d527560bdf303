"""Tests of `grading.core`."""

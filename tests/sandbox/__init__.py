"""Tests of `grading.sandbox`."""

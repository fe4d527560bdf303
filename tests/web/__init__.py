"""Tests of `grading.web`."""

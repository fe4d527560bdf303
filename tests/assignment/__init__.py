"""Tests of `grading.assignment`."""

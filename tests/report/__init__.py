"""Tests of `grading.report`."""

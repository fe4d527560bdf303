"""Tests of `grading.store`."""

"""Tests of `grading.exam`."""

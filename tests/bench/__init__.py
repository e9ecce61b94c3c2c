"""Tests of `backstage.bench`."""

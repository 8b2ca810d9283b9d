"""A thin client for the NemoVideo API."""

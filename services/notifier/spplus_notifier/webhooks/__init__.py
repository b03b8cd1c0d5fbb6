"""Telling other systems of figures by calls to their own address, signed as Standard Webhooks says."""

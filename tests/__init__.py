"""Specifications of NeuroScale, and the rigs they run on."""

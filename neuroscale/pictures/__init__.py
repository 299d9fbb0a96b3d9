"""Drawings of plain figures as SVG: bars of a budget and of a split."""

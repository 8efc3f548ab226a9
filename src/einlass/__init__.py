# SPDX-License-Identifier: Apache-2.0
"""Einlass: people book rooms, and the booking opens the door."""

__version__ = "0.1.0"

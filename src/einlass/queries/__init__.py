# SPDX-License-Identifier: Apache-2.0
"""The reads that are longer than a line. Nothing here changes a row."""

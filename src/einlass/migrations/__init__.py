# SPDX-License-Identifier: Apache-2.0
"""The history of the tables, one set for both databases."""

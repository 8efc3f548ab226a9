# SPDX-License-Identifier: Apache-2.0
"""The vendors: plain Python and an HTTP client. No Django, no tables, no rules of booking."""

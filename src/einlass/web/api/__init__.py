# SPDX-License-Identifier: Apache-2.0
"""The HTTP API under /api/v1."""

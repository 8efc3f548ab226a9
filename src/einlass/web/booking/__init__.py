# SPDX-License-Identifier: Apache-2.0
"""The public booking pages and the guest's own page."""

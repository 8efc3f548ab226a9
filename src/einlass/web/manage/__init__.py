# SPDX-License-Identifier: Apache-2.0
"""The pages of the staff, one file a noun."""

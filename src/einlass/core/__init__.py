# SPDX-License-Identifier: Apache-2.0
"""The rules: pure values and functions. Standard library plus two data libraries; no Django, no network, no clock."""

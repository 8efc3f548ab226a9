# SPDX-License-Identifier: Apache-2.0
"""The writes: one function per thing that a person or the clock can do."""

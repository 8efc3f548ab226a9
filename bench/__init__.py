# SPDX-License-Identifier: Apache-2.0
"""What Einlass costs, measured: `make bench`. Each measure is a file of its own; nothing here is a test, and nothing here is shipped."""

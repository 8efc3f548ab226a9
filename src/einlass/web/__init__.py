# SPDX-License-Identifier: Apache-2.0
"""What is shown, to people and to programs. Nothing here writes to the database itself."""

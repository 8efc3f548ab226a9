# SPDX-License-Identifier: Apache-2.0
"""`python -m einlass.cli`, which is how the supervisor starts its parts."""

from einlass.cli import main

main()

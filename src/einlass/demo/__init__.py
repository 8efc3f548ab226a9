# SPDX-License-Identifier: Apache-2.0
"""The demo: one configuration file, and the loader that applies it and books in it. The processes: `supervisor.py`."""

# SPDX-License-Identifier: Apache-2.0
"""The data of `make demo`: one configuration file. Who loads it and books in it: `operations/demo.py`."""

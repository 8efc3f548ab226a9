# SPDX-License-Identifier: Apache-2.0
"""Settings from environment and file, urls, wsgi, database start-up."""

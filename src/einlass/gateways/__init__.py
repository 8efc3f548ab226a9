# SPDX-License-Identifier: Apache-2.0
"""Servers of others that carry messages: SMS gateways behind one port, and the mailbox of what comes back. No tables, no Django."""

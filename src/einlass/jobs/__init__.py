# SPDX-License-Identifier: Apache-2.0
"""Repetition: the engine, the schedule, the heartbeat. No rule of the product."""

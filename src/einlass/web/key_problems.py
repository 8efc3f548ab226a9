# SPDX-License-Identifier: Apache-2.0
"""What hinders a key, in words for staff and programs; guests are told less, see `booking/key_card.py`."""

from einlass.operations.key_problems import problem_sentence

__all__ = ["problem_sentence"]

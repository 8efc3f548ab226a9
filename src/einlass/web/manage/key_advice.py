# SPDX-License-Identifier: Apache-2.0
"""What the staff can do about a key in trouble; the sentences themselves are `operations/key_problems.py`, which also writes mails."""

from einlass.operations.key_problems import ADVICE, advice_on

__all__ = ["ADVICE", "advice_on"]

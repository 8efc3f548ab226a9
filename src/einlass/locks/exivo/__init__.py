# SPDX-License-Identifier: Apache-2.0
"""dormakaba exivo: its words, times and quirks live here and nowhere else."""

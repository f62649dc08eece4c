# SPDX-License-Identifier: MIT
"""From the JSON of bench and compare to tables and charts."""

"""Odoo's command line as on one day: the first argument is the moment at which its clock starts.

Screenshots made with it show the same dates whenever they are made.
"""

import sys

from freezegun import freeze_time

# The clock runs on, or nothing that waits would ever end.
freeze_time(sys.argv.pop(1), tick=True).start()

# What is imported from here on gets that clock.
from odoo.cli.command import main  # noqa: E402

main()

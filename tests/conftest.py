"""Settings of hypothesis for every test."""

import os

from hypothesis import settings

# "No timed assertion in a test": a busy machine is no failure. Where CI is set, hypothesis takes its own profile, which
# has no deadline either and draws the same examples each time.
if "CI" not in os.environ:
    settings.register_profile("labkit", deadline=None)
    settings.load_profile("labkit")

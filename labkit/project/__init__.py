"""A project made ready for the course, on either cloud: `read` how it is, `plan` what is missing, `apply` the plan.

    state = project.read(cloud)
    plan = project.plan(project.COURSE, state)
    project.apply(plan, cloud)

Every step can be made twice and bills nothing. So nothing is written down on the way: after a crash, at whatever step,
the next plan shows what is left to do.
"""

from labkit.project.apply import apply, ensure
from labkit.project.google_rest import ProjectError
from labkit.project.needs import COURSE, Grant, Needs
from labkit.project.plan import Plan, plan
from labkit.project.read import read
from labkit.project.state import Credit, ProjectState

__all__ = [
    "COURSE",
    "Credit",
    "Grant",
    "Needs",
    "Plan",
    "ProjectError",
    "ProjectState",
    "apply",
    "ensure",
    "plan",
    "read",
]

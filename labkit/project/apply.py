"""Makes a plan true."""

from __future__ import annotations

from labkit.cloud import Cloud
from labkit.project.google_rest import GoogleRest, ProjectError
from labkit.project.needs import Needs
from labkit.project.plan import Plan, plan
from labkit.project.read import disabled, read


def apply(chosen: Plan, cloud: Cloud) -> None:
    """Makes each step in turn. Raises ProjectError at the first that is refused; those before it stay made."""
    rest = GoogleRest(cloud.session())
    for step in chosen.steps:
        step.run(rest)


def ensure(cloud: Cloud, services: tuple[str, ...]) -> Plan:
    """Has the APIs enabled in the cloud's project; returns what was done, which is one call's worth where all are.

    Raises ProjectError where something is missing that the caller may not do; its text says who can, and how.
    """
    if not services or not disabled(cloud, services):
        return Plan(cloud.project)
    chosen = plan(Needs(services), read(cloud))
    if chosen.obstacles:
        raise ProjectError(repr(chosen), "")
    apply(chosen, cloud)
    return chosen

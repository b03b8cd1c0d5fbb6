"""Results pages in French, for people."""

from spplus_chassis.service import Service


def install(service: Service) -> None:
    """Add the pages to the service."""
    del service

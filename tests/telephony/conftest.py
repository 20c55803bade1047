"""`--ami=panoramisk` turns the AMI contract on bare panoramisk, to show that the contract can tell."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--ami", choices=("ours", "panoramisk"), default="ours", help="whom the AMI contract judges")

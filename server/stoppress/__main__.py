"""`python -m stoppress` is the `stoppress` command."""

from stoppress.cli import main

main()

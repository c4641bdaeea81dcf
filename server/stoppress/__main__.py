"""`python -m stoppress` is the `stoppress` command."""

from stoppress.cli import main

if __name__ == "__main__":  # anyio.to_process also runs this file, under another name, in each process that it starts
    main()

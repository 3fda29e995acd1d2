"""`python -m synth.cli`, the same as `synth`."""

from synth.cli import main

main()

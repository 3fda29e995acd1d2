"""The mock API itself. Needs Starlette and nothing of synth, so a portable sandbox can carry it."""

"""The systems that are measured, each at its latest release, with what it was made to run with."""

from peers.harness import HERE, Peer

DATASYNTHESIZER = Peer(
    name="datasynthesizer",
    # The libraries of its time: with today's it fails at two parents or runs half as fast again.
    requirements=(
        "DataSynthesizer==0.1.13",
        "numpy==1.26.4",
        "pandas==2.1.4",
        "scikit-learn==1.3.2",
        "scipy==1.11.4",
    ),
    adapter=HERE / "datasynthesizer_adapter.py",
)

SYNTH = Peer(name="synth", requirements=(), adapter=HERE / "synth_adapter.py")

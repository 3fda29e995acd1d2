"""The systems that are measured, each at its latest release, with what it was made to run with."""

from dataclasses import replace

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

MBI = Peer(
    name="mbi",
    # The engine of Private-PGM; its mechanisms are not in the wheel, so the adapter holds them.
    requirements=("mbi==2.0.0", "pandas==2.3.3"),
    adapter=HERE / "mbi_adapter.py",
)

DPMM = Peer(
    name="dpmm",
    requirements=("dpmm==0.1.9",),
    adapter=HERE / "dpmm_adapter.py",
)

SUDA = Peer(
    name="suda",
    requirements=("suda==0.2.2", "pandas==3.1.1", "numpy==2.4.6"),
    adapter=HERE / "suda_adapter.py",
)

SDMETRICS = Peer(
    name="sdmetrics",
    requirements=("sdmetrics==0.32.0",),
    adapter=HERE / "sdmetrics_adapter.py",
)

ANONYMETER = Peer(
    name="anonymeter",
    requirements=("anonymeter==1.1.0", "pandas==2.3.3"),
    adapter=HERE / "anonymeter_adapter.py",
)

PAC_SYNTH = Peer(
    name="pac-synth",
    requirements=("pac-synth==0.0.8", "pandas==2.3.3"),
    adapter=HERE / "pac_synth_adapter.py",
)

CODED = Peer(name="synth", requirements=(), adapter=HERE / "coded_adapter.py")
SYNTH = Peer(name="synth", requirements=(), adapter=HERE / "synth_adapter.py")

DATASYNTHESIZER_CODED = replace(DATASYNTHESIZER, adapter=HERE / "datasynthesizer_coded_adapter.py")
PAC_SYNTH_TEXT = replace(PAC_SYNTH, adapter=HERE / "pac_synth_text_adapter.py")
SYNTH_TEXT = Peer(name="synth", requirements=(), adapter=HERE / "synth_text_adapter.py")

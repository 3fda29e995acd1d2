"""What `synth verify` says of a release, on a screen for whoever received it."""

from __future__ import annotations

import io
from typing import IO

import streamlit as st

from synth.errors import SynthError
from synth.release import Bundle
from synth.release.signature import signed_words
from synth.runs.verifying import verify

MOST_BUNDLE = 100  # megabytes


def bring_bundle() -> IO[bytes] | None:
    """The release that was put here, in memory only; None before there is one."""
    file = st.file_uploader("A release", ["zip"], key="verify", max_upload_size=MOST_BUNDLE)
    return None if file is None else io.BytesIO(file.getvalue())


def show_verdict(file: IO[bytes]) -> None:
    """Each check in words, whose the release is, and what it promises; or what does not hold.

    Raises:
        BundleError: it is no release that can be read.
    """
    bundle = Bundle.read(file)
    wanted = st.text_input(
        "The fingerprint of the key that it has to be signed with",
        key="verify.signed_by",
        help="Ask the custodian for it by another way than you got the release. Leave it empty to "
        "see what the release says of itself.",
    ).strip()
    try:
        with st.spinner("Making every file again …"):
            held = verify(bundle, wanted)
    except SynthError as error:
        st.error(f"**It does not hold.** {error.what}\n\n**What to do:** {error.remedy}")
        return
    st.success("It holds: every file follows from the model, the seed and the recipe in it.")
    st.markdown("\n".join(f"- {sentence}" for sentence in held))
    st.header("Whose it is")
    if bundle.signed_by and wanted:
        st.success(signed_words(bundle.signed_by))
    else:
        st.warning(signed_words(bundle.signed_by))
    st.header("What is promised")
    guarantee = bundle.statement.guarantee
    st.markdown(f"**{guarantee.short}.** {guarantee.plain}")

# Name the image that you tested, with its digest, or that of a registry of your own:
#   docker build --build-arg BASE=registry.example.org/python:3.12-slim@sha256:… .
ARG BASE=python:3.12-slim
FROM ${BASE} AS build

WORKDIR /srv/synth
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv .venv
# Nothing but files whose hash is known, and nothing fetched after them.
COPY deploy/pins.txt deploy/
RUN .venv/bin/python -m pip install --require-hashes --only-binary :all: --requirement deploy/pins.txt
COPY pyproject.toml README.md ./
COPY synth/ synth/
COPY ui/ ui/
RUN .venv/bin/python -m pip install --no-deps --no-index --no-build-isolation --editable . \
  && .venv/bin/python -m pip check


FROM ${BASE}

# 1000 is what most volumes mounted from a single-user machine belong to.
# A new volume belongs to whom the folder belongs to that it is mounted at.
RUN useradd --uid 1000 --create-home --shell /usr/sbin/nologin synth \
  && install --directory --owner synth --group synth --mode 700 /srv/kept /srv/parcels
WORKDIR /srv/synth
COPY --from=build /srv/synth/ ./
COPY app.py ./
COPY .streamlit/ .streamlit/
COPY pages/ pages/
COPY sample_data/ sample_data/
COPY docs/ docs/

# Temporary files hold private rows: mount /tmp as a tmpfs, and the root file system read-only.
ENV PATH=/srv/synth/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER synth
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=3)"]

# One process: sessions and uploads live in its memory. Replicas need sticky sessions.
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.headless=true"]

FROM python:3.12-slim AS build

WORKDIR /srv/synth
COPY pyproject.toml constraints.txt README.md ./
COPY synth/ synth/
COPY ui/ ui/
RUN python -m venv .venv
RUN .venv/bin/python -m pip --disable-pip-version-check install --no-cache-dir --constraint constraints.txt --editable .


FROM python:3.12-slim

# 1000 is what most volumes mounted from a single-user machine belong to.
RUN useradd --uid 1000 --create-home --shell /usr/sbin/nologin synth
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

# minian-web in a container.
#   docker build -t minian-web .
# For yourself, on this computer only:
#   docker run --rm -p 127.0.0.1:5006:5006 --user "$(id -u):$(id -g)" -v /path/to/recordings:/data \
#     -v minian-web-state:/state minian-web serve --address 0.0.0.0 --insecure
# For a lab, with a login: see README.md.  `--user` makes what reviewers write belong to whom the recordings belong to.
FROM python:3.11-slim AS build

WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/minian-web \
    && /opt/minian-web/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY static static
COPY minian_web minian_web
# hatchling, the build tool, is fetched here and stays in this stage
RUN /opt/minian-web/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .


FROM python:3.11-slim

RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg tini \
    && rm -rf /var/lib/apt/lists/*

# HOME, state and cache are writable for any user id that `--user` may name
RUN useradd --create-home --home-dir /home/minian --uid 1000 minian \
    && mkdir -p /data /state /cache /cache/numba \
    && chown -R minian:minian /data /state /cache \
    && chmod -R 1777 /state /cache /home/minian

COPY --from=build /opt/minian-web /opt/minian-web
ENV PATH=/opt/minian-web/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/home/minian \
    NUMBA_CACHE_DIR=/cache/numba \
    MINIAN_WEB_ROOTS=/data \
    MINIAN_WEB_STATE_DIR=/state \
    MINIAN_WEB_CACHE_DIR=/cache

USER minian
VOLUME ["/data", "/state"]
EXPOSE 5006

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:5006/health', timeout=4)"]

ENTRYPOINT ["tini", "--", "minian-web"]
# The server must listen on all addresses of the container to be reached at all.  It then refuses to start without a
# login (or `--insecure`), and says so: whoever publishes the port decides.
CMD ["serve", "--address", "0.0.0.0"]

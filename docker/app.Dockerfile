# Cordboard. It runs Asterisk itself, as a child that it watches, so both stand in one image: `asterisk` is the image of
# docker/asterisk.Dockerfile. By hand: docker build -f docker/app.Dockerfile --build-context asterisk=docker-image://cordboard-asterisk .
FROM asterisk
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/* \
 && python3 -m venv /opt/venv

WORKDIR /opt/cordboard
COPY requirements.lock ./
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes -r requirements.lock

# The nameplate is a folder of links: COPY keeps them, and what they point to comes with them.
COPY . .
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --no-index --no-build-isolation -e . \
 && install -d -o asterisk -g asterisk -m 0750 /data

USER asterisk
ENV PATH=/opt/venv/bin:$PATH HOME=/data
VOLUME /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python3", "docker/healthy.py"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["cordboard"]
CMD ["up", "--data", "/data"]

# Asterisk 22 as Debian packages it, with the sounds that callers hear. The application image stands on this one.
FROM debian:sid-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      asterisk asterisk-core-sounds-en-gsm asterisk-core-sounds-ru-gsm asterisk-moh-opsound-gsm espeak-ng \
 && rm -rf /var/lib/apt/lists/*
CMD ["asterisk", "-V"]

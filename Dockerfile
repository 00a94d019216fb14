# Epistle in a container. The configuration comes from the environment
# (docs/configuration.md) or from epistle.toml on the volume; the database lies on
# the volume:
#
#     docker build -t epistle .
#     docker run -d --name epistle -p 8080:8080 -v epistle:/var/lib/epistle \
#         -e EPISTLE_WEB_PUBLIC_URL=https://news.example.org \
#         -e EPISTLE_SMTP_HOST=smtp.example.org epistle
#     docker exec -it epistle epistle init
#
# For mail that comes back by LMTP add -e EPISTLE_INBOUND_LISTEN=:2424 and let only
# the mail server reach that port; for a web server in front of it,
# -e EPISTLE_WEB_TRUSTED_PROXIES with the address from which that comes.

FROM golang:1.26-bookworm AS build
WORKDIR /src
# The modules first: this layer is built again only when they change.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# cgo is for SQLite. The binary needs the C library of the same Debian release.
RUN CGO_ENABLED=1 go build -trimpath -ldflags "-s -w" -o /out/epistle ./cmd/epistle

FROM debian:bookworm-slim
# Certificates for the mail server, time zones for the schedules.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 epistle \
    && useradd --system --uid 10001 --gid epistle --no-create-home --home-dir /var/lib/epistle \
        --shell /usr/sbin/nologin epistle \
    && install -d -o epistle -g epistle -m 0700 /var/lib/epistle
COPY --from=build /out/epistle /usr/local/bin/epistle

ENV EPISTLE_DATABASE_URL=/var/lib/epistle/epistle.db \
    EPISTLE_WEB_LISTEN=:8080
# By number, so that a cluster can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/epistle
VOLUME /var/lib/epistle
EXPOSE 8080
# Is the database sound, and do the pages answer? The mail server is left out: when
# it is away Epistle waits for it, and a restart would not help.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
    CMD ["epistle", "doctor", "--only", "database,web"]
ENTRYPOINT ["epistle"]
CMD ["serve"]

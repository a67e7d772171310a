# Built in one image, run in another that holds the binary and nothing to build with.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --locked --profile dist -p signet && cp target/dist/signet /signet

FROM debian:bookworm-slim
# Volumes that are mounted here take the owner of these directories.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin signet \
    && install -d -o signet -g signet -m 0700 /var/lib/signet /etc/signet
COPY --from=build /signet /usr/local/bin/signet
USER 10001
WORKDIR /var/lib/signet
ENTRYPOINT ["signet"]
CMD ["serve"]

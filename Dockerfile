# The image of faultd: two programs, the libraries that they load, and nothing else: no shell, no package manager.
# With a registry, `docker build .` makes it from a checkout. Without one, `make image` makes the same from programs that were built here:
# deploy/image/build takes the lines of the last stage from this file.
FROM swift:6.3-bookworm AS build
WORKDIR /src
COPY . .
RUN apt-get -qq update && apt-get -qq install -y make binutils && Tests/lab/deps build && make release && deploy/image/root .build/dist /image

FROM scratch
COPY --from=build /image /
LABEL org.opencontainers.image.title="faultd"
LABEL org.opencontainers.image.description="Injects faults on its node under leases, and takes them back by itself"
ENV PATH=/usr/bin
# docs/kubernetes.md says what the container must be given for that.
ENTRYPOINT ["/usr/bin/faultd", "serve", "--enter-node"]

# A Caddy with the AI gateway, from this checkout.
#
#	docker build -t caddy-ai-gateway .
#	docker run -p 80:80 -p 443:443 -p 443:443/udp -v caddy-data:/data -v caddy-config:/config \
#		-v ./my.Caddyfile:/etc/caddy/Caddyfile:ro --env-file keys.env caddy-ai-gateway
FROM golang:1.26-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /caddy ./cmd/caddy

FROM alpine:3.22
RUN apk add --no-cache ca-certificates mailcap tzdata \
	&& addgroup -S -g 1000 caddy && adduser -S -D -H -u 1000 -G caddy caddy \
	&& mkdir -p /data /config /etc/caddy && chown caddy:caddy /data /config
COPY --from=build /caddy /usr/bin/caddy
COPY Caddyfile /etc/caddy/Caddyfile

# /data holds certificates, tokens and what was used; /config what Caddy ran last.
ENV XDG_DATA_HOME=/data XDG_CONFIG_HOME=/config
VOLUME ["/data", "/config"]
EXPOSE 80 443 443/udp

# Containers may open ports below 1024 without being root, unless somebody has forbidden it.
USER caddy
WORKDIR /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --retries=3 --start-period=10s \
	CMD wget -q -O /dev/null http://127.0.0.1:2019/ai_gateway/gateways || exit 1
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]

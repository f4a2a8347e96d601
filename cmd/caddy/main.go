// Command caddy is a Caddy with this plugin, for development and tests.
// A deployed one is built with xcaddy.
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/caddy-ai-gateway/ai-gateway"
)

func main() {
	caddycmd.Main()
}

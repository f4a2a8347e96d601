package aigateway

import (
	"fmt"
	"strconv"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// streamOptions are the options of the block `stream`.
func streamOptions() options[Stream] {
	return options[Stream]{
		"ping":       {form: "ping <duration>", parse: setDuration(func(s *Stream) *caddy.Duration { return &s.Ping })},
		"first_byte": {form: "first_byte <duration>", parse: setDuration(func(s *Stream) *caddy.Duration { return &s.FirstByte })},
		"idle":       {form: "idle <duration>", parse: setDuration(func(s *Stream) *caddy.Duration { return &s.Idle })},
		"hold":       {form: "hold <events> <size> <duration>", parse: parseHold},
	}
}

func parseStream(d *caddyfile.Dispenser, h *Handler) error {
	if d.NextArg() {
		return errForm
	}
	return streamOptions().parseBlock(d, &h.Stream, "stream")
}

func parseHold(d *caddyfile.Dispenser, s *Stream) error {
	var events, size, length string
	if !d.AllArgs(&events, &size, &length) {
		return errForm
	}
	n, err := strconv.Atoi(events)
	if err != nil || n < 1 || n > 1_000_000 {
		return fmt.Errorf("%q is not a number of events from 1 to 1000000", events)
	}
	s.Hold.Events = n
	if err := parseSize(size, &s.Hold.Size); err != nil {
		return err
	}
	return parseDuration(length, &s.Hold.Duration)
}

package aigateway

import (
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// TestSameNameSameDefinition loads two gateways into one configuration.
func TestSameNameSameDefinition(t *testing.T) {
	const first = `
		name one
		key alice secret-one
		account x gemini key-one`
	tests := []struct{ name, second, want string }{
		{"nothing in common", "name two\nkey bob secret-two\naccount y gemini key-one", ""},
		{"the same gateway twice", first, ""},
		{"the same account", "name two\nkey bob secret-two\naccount x gemini key-one", ""},
		{"the same key", "name two\nkey alice secret-one\naccount y gemini key-two", ""},
		{"another gateway of the same name", "name one\nkey alice secret-one", `two gateways that differ are named "one"`},
		{"another credential", "name two\nkey bob secret-two\naccount x gemini key-two",
			`account "x" is defined differently in gateway "one" and in gateway "two"`},
		{"another provider", "name two\nkey bob secret-two\naccount x anthropic key-one", `account "x" is defined differently`},
		{"another weight", "name two\nkey bob secret-two\naccount x gemini key-one {\nweight 2\n}", `account "x" is defined differently`},
		{"another secret", "name two\nkey alice secret-two", `key "alice" is defined differently`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, _ := newContext(t)
			if _, err := load(t, ctx, first); err != nil {
				t.Fatal(err)
			}
			_, err := load(t, ctx, tt.second)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %s", err, tt.want)
			}
			if strings.Contains(err.Error(), "secret-") || strings.Contains(err.Error(), "key-") {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
}

// settings count how often they were published and withdrawn.
type settings struct{ published, withdrawn int }

func (s *settings) Publish()   { s.published++ }
func (s *settings) Unpublish() { s.withdrawn++ }

func TestPublish(t *testing.T) {
	tests := []struct {
		name string
		life func(t *testing.T, a *App)
		want settings
	}{
		{"only validated", func(t *testing.T, a *App) { must(t, a.Cleanup()) }, settings{0, 0}},
		{"running", func(t *testing.T, a *App) { must(t, a.Start()) }, settings{1, 0}},
		{"stopped, with requests still running", func(t *testing.T, a *App) {
			must(t, a.Start())
			must(t, a.Stop())
		}, settings{1, 0}},
		{"gone", func(t *testing.T, a *App) {
			must(t, a.Start())
			must(t, a.Stop())
			must(t, a.Cleanup())
			must(t, a.Cleanup())
		}, settings{1, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			app := new(App)
			must(t, app.Provision(caddy.Context{}))
			one, two := new(settings), new(settings)
			app.join(one)
			app.join(two)
			tt.life(t, app)
			if *one != tt.want || *two != tt.want {
				t.Errorf("got %+v and %+v, want %+v", *one, *two, tt.want)
			}
		})
	}
}

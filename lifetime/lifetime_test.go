package lifetime

import (
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// state is one with a Lifetime, as accounts and keys have it.
type state struct {
	Lifetime
	running     int
	kept, freed int
}

func (s *state) Destruct() error {
	s.Ended()
	return nil
}

// attach returns the pool's state, as one configuration does.
func attach(t *testing.T, pool *caddy.UsagePool) *state {
	t.Helper()
	value, _, err := pool.LoadOrNew("key", func() (caddy.Destructor, error) {
		s := new(state)
		s.Begin(Place{
			Pool: pool, Key: "key", State: s,
			Busy: func() bool { return s.running > 0 },
			Kept: func() { s.kept++ }, Freed: func() { s.freed++ },
		})
		return s, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := value.(*state)
	s.Held()
	return s
}

func (s *state) begin() {
	s.running++
	s.Keep()
}

func (s *state) end() {
	s.running--
	s.LetGo()
}

func refs(pool *caddy.UsagePool) int {
	n, _ := pool.References("key")
	return n
}

func TestLifetime(t *testing.T) {
	tests := []struct {
		name string
		run  func(t *testing.T, pool *caddy.UsagePool)
	}{
		{"an idle state goes with its configuration", func(t *testing.T, pool *caddy.UsagePool) {
			s := attach(t, pool)
			s.begin()
			s.end()
			s.Drop()
			if n := refs(pool); n != 0 || s.kept != 0 {
				t.Errorf("%d references and kept %d times, want none", n, s.kept)
			}
		}},
		{"a running request keeps it for the next configuration", func(t *testing.T, pool *caddy.UsagePool) {
			s := attach(t, pool)
			s.begin()
			s.Drop()
			if next := attach(t, pool); next != s {
				t.Error("the next configuration has another state")
			}
			s.end()
			if n := refs(pool); n != 1 || s.kept != 1 || s.freed != 1 {
				t.Errorf("%d references, kept %d times and freed %d times, want one of each", n, s.kept, s.freed)
			}
			if s.begin(); s.kept != 1 {
				t.Error("a request holds it although the next configuration does")
			}
		}},
		{"the last request lets it go", func(t *testing.T, pool *caddy.UsagePool) {
			s := attach(t, pool)
			s.begin()
			s.begin()
			s.Drop()
			s.end()
			if refs(pool) != 1 || s.freed != 0 {
				t.Error("it went with the first of two requests")
			}
			s.end()
			if n := refs(pool); n != 0 || s.freed != 1 {
				t.Errorf("%d references and freed %d times, want none and once", n, s.freed)
			}
		}},
		{"a request that begins when the configuration is gone keeps it", func(t *testing.T, pool *caddy.UsagePool) {
			s := attach(t, pool)
			s.Drop()
			s.begin()
			if refs(pool) != 1 {
				t.Error("it is not kept")
			}
			s.end()
			if refs(pool) != 0 {
				t.Error("it is kept for ever")
			}
		}},
		{"it is gone again when the next configuration goes before the request", func(t *testing.T, pool *caddy.UsagePool) {
			s := attach(t, pool)
			s.begin()
			s.Drop()
			attach(t, pool)
			if s.Gone() {
				t.Error("it is gone although the next configuration has it")
			}
			s.Drop()
			if n := refs(pool); n != 1 || !s.Gone() {
				t.Errorf("%d references and gone %t, want that of the request alone", n, s.Gone())
			}
			s.begin()
			s.end()
			s.end()
			if n := refs(pool); n != 0 || s.kept != s.freed {
				t.Errorf("%d references, kept %d times and freed %d times", n, s.kept, s.freed)
			}
		}},
		{"a newer state of the same key is not displaced", func(t *testing.T, pool *caddy.UsagePool) {
			old := attach(t, pool)
			old.Drop()
			next := attach(t, pool)
			old.begin()
			if n := refs(pool); next == old || n != 1 || old.kept != 0 {
				t.Errorf("%d references and kept %d times, want those of the newer state alone", n, old.kept)
			}
			old.end()
			if n := refs(pool); n != 1 {
				t.Errorf("%d references after the end, want 1", n)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, caddy.NewUsagePool()) })
	}
}

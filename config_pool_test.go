package aigateway

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
)

func TestPoolErrors(t *testing.T) {
	tests := []struct{ name, config, want string }{
		{"policy", `"policy":{"policy":"fastest"}`, "loading policy"},
		{"policy without a name", `"policy":{}`, "loading policy"},
		{"policy option", `"policy":{"policy":"first","n":1}`, "loading policy"},
		{"sticky ttl", `"sticky":{"ttl":-1}`, "sticky: the ttl"},
		{"sticky sessions", `"sticky":{"max_sessions":-1}`, "sticky: max_sessions"},
		{"wait sticky", `"wait":{"sticky":{"requests":-1,"duration":1}}`, "wait sticky: the number of requests"},
		{"wait fallback", `"wait":{"fallback":{"requests":1,"duration":-1}}`, "wait fallback: the duration"},
		{"failover on", `"failover":{"on":[200]}`, "failover: 200 is not a status"},
		{"failover never", `"failover":{"never":[600]}`, "failover: 600 is not a status"},
		{"cooldown error", `"cooldown":{"error":{"min":0,"max":1}}`, "cooldown: error: the first duration"},
		{"cooldown overload", `"cooldown":{"overload":{"min":2,"max":1}}`, "cooldown: overload: the first duration"},
		{"cooldown auth", `"cooldown":{"auth":-1}`, "cooldown: auth"},
		{"cooldown panic", `"cooldown":{"panic":101}`, "cooldown: panic"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx, _ := newContext(t)
			_, err := loadJSON(ctx, "{"+anon+test.config+"}")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestPoolOptions(t *testing.T) {
	defaults := pool.DefaultOptions()
	defaults.Gateway = "default"
	tests := []struct {
		block  string
		change func(*pool.Options)
	}{
		{"", func(*pool.Options) {}},
		{"policy thompson", func(o *pool.Options) { o.Policy = new(pool.Thompson) }},
		{"name other", func(o *pool.Options) { o.Gateway = "other" }},
		{"sticky 10m", func(o *pool.Options) { o.SessionTTL = 10 * time.Minute }},
		{"sticky 10m 7", func(o *pool.Options) { o.SessionTTL, o.MaxSessions = 10*time.Minute, 7 }},
		{"sticky off", func(o *pool.Options) { o.SessionTTL = 0 }},
		{"wait sticky 1 2s", func(o *pool.Options) { o.StickyWaiting, o.StickyWaitFor = 1, 2*time.Second }},
		{"wait fallback 0 0", func(o *pool.Options) { o.Waiting, o.WaitFor = 0, 0 }},
		{"cooldown {\n auth 1m\n panic 0\n}", func(o *pool.Options) {
			o.Cooldown[pool.AuthClass] = pool.Span{Min: time.Minute, Max: time.Minute}
			o.Panic = 0
		}},
		{"cooldown {\n error 1s 2s\n rate_limit 3s 4s\n overload 5s 6s\n}", func(o *pool.Options) {
			o.Cooldown[pool.ErrorClass] = pool.Span{Min: 1 * time.Second, Max: 2 * time.Second}
			o.Cooldown[pool.RateLimitClass] = pool.Span{Min: 3 * time.Second, Max: 4 * time.Second}
			o.Cooldown[pool.OverloadClass] = pool.Span{Min: 5 * time.Second, Max: 6 * time.Second}
		}},
	}
	for _, test := range tests {
		t.Run(strings.Map(letters, test.block), func(t *testing.T) {
			ctx, _ := newContext(t)
			h, err := load(t, ctx, "allow_anonymous\n"+test.block)
			if err != nil {
				t.Fatal(err)
			}
			want := defaults
			test.change(&want)
			if got := h.poolOptions(); !reflect.DeepEqual(got, want) {
				t.Errorf("got\n%s\nwant\n%s", fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want))
			}
		})
	}
}

func TestFailoverStatuses(t *testing.T) {
	ctx, _ := newContext(t)
	h, err := load(t, ctx, "allow_anonymous\nfailover {\n on 400 418\n never 529 400\n}")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(h.Failover, Failover{Attempts: 4, On: []int{400, 418}, Never: []int{529, 400}}) {
		t.Errorf("%+v", h.Failover)
	}
}

// letters keeps what may stand in the name of a file.
func letters(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
		return r
	}
	return '_'
}

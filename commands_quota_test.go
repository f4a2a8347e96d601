package aigateway

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// TestLimitsAreShown asks an account whose vendor tells of its limits, and looks at it.
func TestLimitsAreShown(t *testing.T) {
	h := publish(t, `
	name main
	allow_anonymous
	account sim simulator`)
	at := "--address=" + endpoint(t)
	if out, err := command(t, accountsCommand(), "sim", at); err != nil || !strings.Contains(out, "simulator") || strings.Contains(out, "LIMIT") {
		t.Errorf("before the first answer: %v\n%s", err, out)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(`{"model":"demo","messages":[{"role":"user","content":"hi"}]}`))
	r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, &caddyhttp.Server{})
	if err := h.ServeHTTP(w, r, nil); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%v %d %s", err, w.Code, w.Body)
	}
	got := decode[accountStatus](t, "GET", "/ai_gateway/accounts/sim", "").Limits
	if got == nil || len(got.Limits) != 1 || got.Limits[0].Name != "requests" || *got.Limits[0].Limit != 10000 || *got.Limits[0].Remaining != 9999 ||
		got.Limits[0].Used != nil || got.AgeSeconds < 0 || got.AgeSeconds > 60 || time.Since(got.At) > time.Minute {
		t.Fatalf("%+v", got)
	}
	out, err := command(t, accountsCommand(), "sim", at)
	if err != nil || !strings.Contains(out, "9999 of 10000") || !strings.Contains(out, "requests") || !strings.Contains(out, "s ago") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := command(t, accountsCommand(), "nobody", at); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("an account that is not there: %v\n%s", err, out)
	}
}

func TestPrintQuota(t *testing.T) {
	now := time.Date(2026, 2, 2, 2, 40, 0, 0, time.UTC)
	zero, all, used := int64(0), int64(50), 0.425
	for _, tt := range []struct {
		name string
		a    accountStatus
		want []string
	}{
		{"nothing", accountStatus{}, nil},
		{"a problem", accountStatus{Quota: &quotaStatus{Problem: "status 500"}}, []string{"could not be asked", "status 500"}},
		{"a quota", accountStatus{Quota: &quotaStatus{At: now.Add(-time.Minute), Models: []modelQuota{
			{Model: "gemini-x", Remaining: 0.5, Amount: "7", Resets: now.Add(time.Hour)}, {Model: "claude-x"},
		}}}, []string{"1m0s ago", "gemini-x  50%   7       1h0m0s", "claude-x  0%"}},
		{"limits", accountStatus{Limits: &limitsStatus{At: now.Add(-time.Second), Limits: []limitStatus{
			{Name: "requests", Limit: &all, Remaining: &zero, Resets: now.Add(time.Minute)},
			{Name: "primary", Used: &used, WindowSeconds: 5 * 3600, Status: "allowed"},
		}}}, []string{"1s ago", "requests  0 of 50", "primary            42%   5h      ", "allowed", "1m0s"}},
	} {
		var out bytes.Buffer
		must(t, printQuota(&out, &tt.a, now))
		if len(tt.want) == 0 && out.Len() > 0 {
			t.Errorf("%s: %s", tt.name, &out)
		}
		for _, want := range tt.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in\n%s", tt.name, want, &out)
			}
		}
	}
}

// TestTableIsHarmless: some of what tables show are the words of upstreams, which must not command a terminal.
func TestTableIsHarmless(t *testing.T) {
	var out bytes.Buffer
	table := newTable(&out, "MODEL")
	table.row(text("%s", "a\x1b[31m\u009b2J\r\nb\x7fé"))
	if err := table.print(); err != nil || out.String() != "MODEL\na?[31m?2J??b?é\n" {
		t.Errorf("%v %q", err, out.String())
	}
}

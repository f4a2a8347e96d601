package pool

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// because returns the reasons of an explanation by account.
func because(e Explanation) map[string]Because {
	reasons := make(map[string]Because)
	for _, v := range e.Accounts {
		reasons[v.Account] = v.Because
	}
	return reasons
}

// everyReason returns a pool in which each account is kept from answering model m by something else.
func everyReason(t *testing.T) *Pool {
	spare := account(t, "spare", 0)
	spare.Priority = 1
	off := account(t, "off", 0)
	off.Disabled = true
	p := newPool(t, options(), account(t, "best", 5, "m=upstream-m"), account(t, "busy", 5), account(t, "full", 1), spare, off,
		account(t, "other", 0, "x"), account(t, "star", 0, "*"), account(t, "forbidden", 0), account(t, "tried", 0),
		account(t, "down", 0), account(t, "probed", 0), account(t, "more", 0), account(t, "even-more", 0))
	failed := Outcome{Kind: Failed, Scope: ScopeModel, Reason: "status 500"}
	end(t, p, Want{Pin: "probed"}, failed)
	time.Sleep(10 * time.Second)
	acquire(t, p, Want{Pin: "probed"})
	end(t, p, Want{Pin: "down"}, failed)
	acquire(t, p, Want{Pin: "busy"})
	acquire(t, p, Want{Pin: "full"})
	acquire(t, p, Want{Pin: "more"})
	acquire(t, p, Want{Pin: "even-more"})
	return p
}

func TestExplain(t *testing.T) {
	calmly(t, "every reason", func(t *testing.T) {
		p := everyReason(t)
		want := named(talk("s"))
		want.Allowed = func(a *Account) bool { return a.Name != "forbidden" }
		want.Exclude = only("tried")
		e := p.Explain(want)
		if e.Chosen != "best" || e.Sticky != StickyMiss || e.Policy != "least_load" || e.Error != "" {
			t.Errorf("%+v", e)
		}
		expected := map[string]Because{
			"best": Chosen, "busy": NotPreferred, "full": IsFull, "spare": WorsePriority, "off": IsDisabled, "other": NoModel,
			"star": BareStar, "forbidden": NotAllowed, "tried": IsExcluded, "down": CoolingDown, "probed": BeingProbed,
			"more": NotPreferred, "even-more": NotPreferred,
		}
		reasons := because(e)
		for name, reason := range expected {
			if reasons[name] != reason {
				t.Errorf("%s: %v, want %v", name, reasons[name], reason)
			}
		}
		text := e.String()
		for _, part := range []string{
			"best would answer (policy least_load, session miss)", "- down (test) is in cooldown for error until 2000-01-01T00:00:1",
			", for model m: status 500", "- full (test) is full: 1 of 1 in use, 0 waiting", "(load 20%)", "has priority 1",
			"is being tried out", "a bare *", "is disabled", "is not allowed", "does not serve", "was tried",
		} {
			if !strings.Contains(text, part) {
				t.Errorf("%q is missing in:\n%s", part, text)
			}
		}
		if raw, err := json.Marshal(e); err != nil || !strings.Contains(string(raw), `"because":"cooldown","cooldown":{"class":"error","model":"m","failures":1,`) ||
			!strings.Contains(string(raw), `"upstream":"upstream-m"`) || !strings.Contains(string(raw), `"sticky":"miss"`) {
			t.Errorf("as JSON: %s, %v", raw, err)
		}
		lease := acquire(t, p, want)
		if lease.Account.Name != e.Chosen || lease.Sticky != e.Sticky {
			t.Errorf("Acquire chose %s %v", lease.Account.Name, lease.Sticky)
		}
	})
}

func TestExplainSessions(t *testing.T) {
	// explained compares what Explain says with what Acquire then does.
	explained := func(t *testing.T, p *Pool, want Want, result string) Explanation {
		t.Helper()
		want = named(want)
		e := p.Explain(want)
		if got := e.Chosen + " " + e.Sticky.String(); got != result {
			t.Errorf("explained as %s, want %s", got, result)
		}
		expect(t, p, want, result)
		return e
	}
	calmly(t, "as Acquire", func(t *testing.T) {
		p := trio(t, 1, func(o *Options) { o.StickyWaiting = 0 })
		explained(t, p, talk("s"), "a miss")
		e := explained(t, p, talk("s"), "a hit")
		if e.Session != "a" || because(e)["b"] != OtherOwns || !strings.Contains(e.String(), "the session is on a") {
			t.Errorf("%s", e)
		}
		explained(t, p, Want{}, "b none")
		once := talk("new")
		once.Session.OneShot = true
		explained(t, p, once, "c none")
		pinned := talk("s")
		pinned.Pin = "c"
		if e := explained(t, p, pinned, "c none"); because(e)["a"] != OtherPinned {
			t.Errorf("%s", e)
		}
		held := acquire(t, p, Want{Pin: "a"})
		explained(t, p, talk("s"), "b spill")
		held.Release(Outcome{Kind: RateLimited, Scope: ScopeAccount, Reason: strings.Repeat("ä", 200)})
		e = explained(t, p, talk("s"), "c moved")
		if v := e.Accounts[0]; v.Because != CoolingDown || v.Cooldown.Reason != strings.Repeat("ä", maxReason/2)+"…" {
			t.Errorf("%+v", v)
		}
		if s := p.accounts[0].State.Snapshot(); s.Reason != e.Accounts[0].Cooldown.Reason {
			t.Errorf("the account's last reason is %q", s.Reason)
		}
	})
	calmly(t, "a slow account", func(t *testing.T) {
		p := trio(t, 0, nil)
		explained(t, p, talk("s"), "a miss")
		for range 5 {
			end(t, p, Want{Pin: "b"}, Outcome{Kind: Succeeded, FirstByte: time.Second})
			end(t, p, Want{Pin: "a"}, Outcome{Kind: Succeeded, FirstByte: time.Minute})
		}
		explained(t, p, talk("s"), "c moved")
	})
}

func TestExplainThatNobodyAnswers(t *testing.T) {
	calmly(t, "an unknown model", func(t *testing.T) {
		if e := trio(t, 0, nil).Explain(Want{Model: "x"}); e.Chosen != "" || !strings.Contains(e.String(), `serves model "x"`) {
			t.Errorf("%s", e)
		}
	})
	calmly(t, "all full", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 1))
		acquire(t, p, Want{})
		if e := p.Explain(Want{Model: "m"}); e.Chosen != "" || e.Error != "" || !strings.Contains(e.String(), "would wait") {
			t.Errorf("%s", e)
		}
	})
	calmly(t, "a panic", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 0))
		end(t, p, Want{}, Outcome{Kind: Failed, Scope: ScopeAccount, Reason: "cut off"})
		if e := p.Explain(Want{Model: "m"}); e.Chosen != "a" || !strings.Contains(e.String(), "would answer in spite of its cooldown for error") {
			t.Errorf("%s", e)
		}
	})
}

func TestReasonsHaveNames(t *testing.T) {
	for b := Chosen; b <= NotPreferred; b++ {
		v := Verdict{Because: b}
		if b.String() == "unknown" || v.String() == "" {
			t.Errorf("reason %d has no name or text", b)
		}
	}
	if Because(-1).String() != "unknown" || Because(99).String() != "unknown" || Sticky(99).String() != "unknown" {
		t.Error("a reason that does not exist has a name")
	}
}

// TestTexts checks what people read of accounts that cannot answer.
func TestTexts(t *testing.T) {
	frozen := Verdict{Because: CoolingDown, Cooldown: &Cooldown{Class: HandClass, Until: time.Unix(0, 0), Reason: "holiday"}}
	if got := frozen.String(); got != "is frozen by hand until 1970-01-01T00:00:00Z: holiday" {
		t.Error(got)
	}
	for want, e := range map[string]NobodyError{
		`the only account for model "m" is in cooldown; it comes back in 5m0s`:             {Members: 1, RetryAfter: 299942929400},
		`each of the 2 accounts for model "m" is in cooldown; the first comes back in 1s`:  {Members: 2, RetryAfter: 1},
		`each of the 2 accounts for model "m" is rate limited, the first comes back in 8s`: {Members: 2, RateLimited: true, RetryAfter: 7600 * time.Millisecond},
		`the only account for model "m" was tried or cannot serve this request`:            {Members: 1, Excluded: 1},
		`was tried or cannot serve this request (2 of 3); the first comes back in 2s`:      {Members: 3, Excluded: 2, RetryAfter: 2 * time.Second},
		`no account that the caller may use serves model "m"`:                              {},
		`the only accounts for model "m" are disabled; give them a credential`:             {Disabled: 1},
	} {
		e.Model = "m"
		if got := e.Error(); !strings.HasSuffix(got, want) {
			t.Errorf("%s, want … %s", got, want)
		}
	}
}

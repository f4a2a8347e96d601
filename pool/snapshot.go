package pool

import "time"

// Snapshot is a State at one moment, for people. It holds no secret.
type Snapshot struct {
	InUse   int `json:"in_use"`
	Limit   int `json:"limit"`   // 0 is unlimited
	Waiting int `json:"waiting"` // requests that wait for this account and no other

	Cooldowns []Cooldown `json:"cooldowns,omitempty"`

	Succeeded   uint64        `json:"succeeded"`
	Failed      uint64        `json:"failed"`
	LastFailure Kind          `json:"last_failure,omitempty"` // Unjudged if there was none
	Reason      string        `json:"reason,omitempty"`       // of the last failure
	Closed      string        `json:"closed,omitempty"`       // why a failure took the account out of use; empty if none did
	FailedAt    time.Time     `json:"failed_at,omitzero"`
	UsedAt      time.Time     `json:"used_at,omitzero"`
	FirstByte   time.Duration `json:"first_byte,omitempty"` // moving average
	Total       time.Duration `json:"total,omitempty"`      // of answers that came to their end, moving average

	// SuccessRate is the share of the latest requests, about 200, that the account has answered, of those that it has
	// answered or failed; -1 if there was none yet.
	SuccessRate float64 `json:"success_rate"`

	Check *Check `json:"check,omitempty"` // the last look at the account that no request has caused; nil if there was none
}

// Cooldown is a cooldown that runs, or one that is over but has not yet been refuted by a success.
type Cooldown struct {
	Class    Class     `json:"class"`
	Model    string    `json:"model,omitempty"` // as the upstream calls it; empty concerns the whole account
	Failures int       `json:"failures"`        // in a row
	Until    time.Time `json:"until"`
	Probing  bool      `json:"probing,omitempty"` // a request finds out whether the trouble is over
	Reason   string    `json:"reason,omitempty"`  // of the last failure
}

// Snapshot returns what the account is doing and how it has fared.
func (s *State) Snapshot() Snapshot {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	snapshot := Snapshot{
		InUse:       int(s.inUse.Load()),
		Limit:       int(s.limit.Load()),
		Waiting:     int(s.waiting.Load()),
		Succeeded:   s.succeeded,
		Failed:      s.failed,
		LastFailure: s.lastFailure,
		Reason:      s.reason,
		Closed:      s.closed,
		FailedAt:    s.failedAt,
		FirstByte:   s.firstByte,
		Total:       s.total,
		SuccessRate: s.record.rate(),
		Check:       s.check.Load(),
	}
	if used := s.used.Load(); used != 0 {
		snapshot.UsedAt = time.Unix(0, used)
	}
	for _, c := range s.cooldowns() {
		if !now.Before(c.forgotten) {
			continue
		}
		snapshot.Cooldowns = append(snapshot.Cooldowns, c.shown(now))
	}
	return snapshot
}

// shown returns the cooldown for people.
func (c *cooldown) shown(now time.Time) Cooldown {
	return Cooldown{
		Class:    c.class,
		Model:    c.model,
		Failures: c.failures,
		Until:    c.until,
		Probing:  c.probe != 0 && now.Before(c.probeEnd) && !now.Before(c.until),
		Reason:   c.reason,
	}
}

// MarshalText writes the kind by its name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// MarshalText writes the class by its name.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

package credentials

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Token is what is stored of an account that somebody has logged in to.
type Token struct {
	Access  string
	Refresh string
	Type    string // as a rule Bearer
	Scope   string
	Expiry  time.Time // of Access; zero if unknown
	Project string    // the vendor's project, found when it was first needed
	Tier    string    // what the vendor grants the account
	Seed    string    // fingerprint of the configured refresh token that this one descends from
}

// slack is how long before its end a token is no longer sent: the request has to arrive.
const slack = 10 * time.Second

// valid says whether the access token can still be sent.
func (t Token) valid(now time.Time) bool {
	return t.Access != "" && (t.Expiry.IsZero() || now.Before(t.Expiry.Add(-slack)))
}

func (t Token) credential() Credential {
	return Credential{Token: t.Access, Expiry: t.Expiry, Project: t.Project}
}

// mark tells one pair of tokens from another without holding either.
func (t Token) mark() string { return Fingerprint(t.Access + "\x00" + t.Refresh) }

// Fingerprint returns 16 hex digits that tell a secret from another; "" for none.
func Fingerprint(secret string) string {
	if secret == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:8])
}

// The members of a stored credential, which are those that other programs write into such files.
const (
	memberAccess  = "access_token"
	memberRefresh = "refresh_token"
	memberExpiry  = "expiry_date" // in unix milliseconds
	memberScope   = "scope"
	memberType    = "token_type"
	memberProject = "project_id"
	memberTier    = "tier"
	memberSeed    = "seed"
)

// maxExpiry is the year 2500 in unix milliseconds. What is later is no time.
const maxExpiry = 16_725_225_600_000

// readToken reads a stored credential. Its errors hold nothing of it.
func readToken(raw []byte) (Token, error) {
	var t Token
	d, err := parseDocument(raw)
	if err != nil {
		return t, err
	}
	for _, m := range t.members() {
		if *m.value, err = d.text(m.name); err != nil {
			return t, err
		}
	}
	ms, err := d.number(memberExpiry)
	switch {
	case err != nil:
		return t, err
	case ms < 0 || ms > maxExpiry:
		return t, fmt.Errorf("%s is no time in milliseconds", memberExpiry)
	case ms > 0:
		t.Expiry = time.UnixMilli(int64(ms))
	}
	if t.Access == "" && t.Refresh == "" {
		return t, errors.New("it holds neither " + memberRefresh + " nor " + memberAccess)
	}
	return t, nil
}

type textMember struct {
	name  string
	value *string
}

// members are the strings of a stored credential.
func (t *Token) members() []textMember {
	return []textMember{
		{memberAccess, &t.Access}, {memberRefresh, &t.Refresh}, {memberType, &t.Type}, {memberScope, &t.Scope},
		{memberProject, &t.Project}, {memberTier, &t.Tier}, {memberSeed, &t.Seed},
	}
}

// writeInto changes what of a stored credential is the gateway's: the token's own members, and others only if there is
// something to say. What the operator or another program has written besides stays.
func (t Token) writeInto(d *document) {
	for _, m := range t.members() {
		old, err := d.text(m.name)
		if *m.value != "" && (err != nil || old != *m.value) {
			d.set(m.name, *m.value)
		}
	}
	ms := int64(0)
	if !t.Expiry.IsZero() {
		ms = t.Expiry.UnixMilli()
	}
	if old, err := d.number(memberExpiry); err != nil || int64(old) != ms {
		d.set(memberExpiry, ms)
	}
}

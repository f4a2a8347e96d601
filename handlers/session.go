package handlers

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/session"
)

// findSession tells which conversation the request belongs to.
func (c *call) findSession() {
	if c.body == nil {
		return
	}
	room := c.g.buffers.get(session.ScratchSize(c.body.Size()))
	c.session = c.body.Session(session.Caller{Tenant: c.g.Name, Key: c.key.Name}, !c.g.Unsticky, room.b)
	c.g.buffers.put(room)
	c.log.session = c.session.Tag()
}

// poolSession is what the pool is told of the conversation. Its name there is
// the one in the log, by which people find the session and forget it.
func (c *call) poolSession() pool.Session {
	s := &c.session
	alias := session.Session{Key: s.Alias}
	return pool.Session{Key: c.log.session, Alias: alias.Tag(), Strong: s.Strong, Continues: s.Continues, OneShot: s.OneShot}
}

// strongSession is the key of a conversation that the client itself has named,
// or "". Vendors may be told of it, as a hash.
func (c *call) strongSession() string {
	if c.session.Strong {
		return c.session.Key
	}
	return ""
}

// vendorSession is a conversation's key as vendors are told it: 32 hex digits
// that tell nothing else. It is empty for none.
func vendorSession(key string) string {
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

// signer returns the scope of the account whose signatures the request's
// history is likely to hold, empty if nobody knows: the one that the session
// was on, or else the one that was asked first, so that what is tried after a
// failure is not sent another account's signatures. It is called once for each
// attempt.
func (c *call) signer(lease *pool.Lease) string {
	if c.origin == nil {
		c.origin = lease.Bound
	}
	if c.origin == nil {
		c.origin = lease.Account
		return ""
	}
	return upstreamOf(c.origin).Scope
}

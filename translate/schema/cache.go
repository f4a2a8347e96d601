package schema

import (
	"bytes"
	"hash/maphash"
	"strings"
	"sync"
)

const (
	cacheShards      = 16
	maxShardEntries  = 256       // 4096 in all
	maxShardBytes    = 512 << 10 // 8 MiB in all
	maxEntryBytes    = 128 << 10
	entryOverhead    = 128 // roughly what an entry takes beside its bytes
	bytesPerRenaming = 128
)

// shared remembers conversions. It is the package's only state: what it holds
// follows from the schema alone, so it makes no difference but to the time.
var shared cache

// The hash that a key has is of 128 bits, and its seeds are chosen at random
// when the program starts, so that nobody can make two schemas collide.
var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// target is what a schema is converted for, with its options as bits.
type target uint8

const (
	openAITarget target = iota
	fromOpenAPITarget
	geminiTargets    target = 1 << 3
	anthropicTargets target = 1 << 4
)

func geminiTarget(o GeminiOptions) target {
	return geminiTargets | bit(o.JSON, 0) | bit(o.Parameters, 1) | bit(o.NonemptyObjects, 2) | bit(o.Claude, 5)
}

func anthropicTarget(o AnthropicOptions) target {
	return anthropicTargets | bit(o.Strict, 0) | bit(o.Vertex, 1) | bit(o.Format, 2)
}

func bit(set bool, n int) target {
	if set {
		return 1 << n
	}
	return 0
}

// key tells conversions apart.
type key struct {
	hash   [2]uint64
	length int
	target target
}

func keyOf(raw []byte, t target) key {
	return key{
		hash:   [2]uint64{maphash.Bytes(seeds[0], raw), maphash.Bytes(seeds[1], raw)},
		length: len(raw), target: t,
	}
}

// entry is the outcome of a conversion.
type entry struct {
	out     []byte
	same    bool // the schema needs no change, so out is not kept
	ok      bool // of Gemini
	strict  bool // of OpenAI
	renamed map[string]string
}

// bytes is the converted schema, given the one that was converted.
func (e *entry) bytes(raw []byte) []byte {
	if e.same {
		return raw
	}
	return e.out
}

// copied is the entry in memory of its own.
func (e *entry) copied() entry {
	out := *e
	out.out = bytes.Clone(e.out)
	if e.renamed != nil {
		out.renamed = make(map[string]string, len(e.renamed))
	}
	for name, key := range e.renamed {
		out.renamed[strings.Clone(name)] = strings.Clone(key)
	}
	return out
}

func (e *entry) size() int { return len(e.out) + len(e.renamed)*bytesPerRenaming + entryOverhead }

// cache holds a bounded number of conversions. It is safe for concurrent use.
type cache struct {
	shards [cacheShards]shard
}

type shard struct {
	mu      sync.RWMutex
	entries map[key]entry
	bytes   int
	_       [64]byte // keeps the locks of shards on cache lines of their own
}

func (c *cache) shard(k key) *shard { return &c.shards[k.hash[0]%cacheShards] }

func (c *cache) get(k key) (entry, bool) {
	s := c.shard(k)
	s.mu.RLock()
	e, ok := s.entries[k]
	s.mu.RUnlock()
	return e, ok
}

// put remembers the conversion of raw and returns it. An old one, whichever
// comes first in the map's random order, makes room for it. What is remembered
// is a copy: raw, of which e may be made, is the request's.
func (c *cache) put(k key, e entry, raw []byte) entry {
	if bytes.Equal(e.out, raw) {
		e.out, e.same = nil, true
	}
	if e.size() > maxEntryBytes {
		return e
	}
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries == nil {
		s.entries = make(map[key]entry)
	}
	if old, ok := s.entries[k]; ok {
		s.bytes -= old.size()
		delete(s.entries, k)
	}
	for len(s.entries) >= maxShardEntries || s.bytes+e.size() > maxShardBytes {
		for old, gone := range s.entries {
			s.bytes -= gone.size()
			delete(s.entries, old)
			break
		}
	}
	s.entries[k] = e.copied()
	s.bytes += e.size()
	return e
}

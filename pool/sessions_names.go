package pool

import "sync"

// accountNames gives accounts numbers, which cost a million sessions less than names do. Accounts are few, and those of
// older configurations stay.
type accountNames struct {
	mu    sync.RWMutex
	ids   map[string]uint32
	names []string
}

func (n *accountNames) name(id uint32) string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.names[id]
}

func (n *accountNames) id(name string) uint32 {
	n.mu.RLock()
	id, ok := n.ids[name]
	n.mu.RUnlock()
	if ok {
		return id
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if id, ok := n.ids[name]; ok {
		return id
	}
	if n.ids == nil {
		n.ids = make(map[string]uint32)
	}
	id = uint32(len(n.names))
	n.ids[name] = id
	n.names = append(n.names, name)
	return id
}

package onesocket

import (
	"errors"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// sockets holds by its address, for the whole process, each socket that some configuration accepts from.
var sockets = caddy.NewUsagePool()

// socket is one that stays open as long as some configuration has it. Only one of them accepts from it.
type socket struct {
	*net.TCPListener
	accepted atomic.Int64 // when it last was, as Unix time in nanoseconds

	mu     sync.Mutex
	all    []*oneListener // the oldest first
	turns  *oneListener   // whose turn it is
	strays []net.Conn     // that have come to another socket of the address
}

// Destruct closes the socket when nobody has it any more.
func (s *socket) Destruct() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.strays {
		_ = conn.Close()
	}
	s.strays = nil
	return s.Close()
}

// settleTime is how long a server is given to read the first request of a connection that it has accepted: a TLS
// handshake to the other side of the world and a request behind it.
const settleTime = 300 * time.Millisecond

// join adds l, which accepts only when nobody else does.
func (s *socket) join(l *oneListener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, l)
	if s.turns == nil {
		s.turns = l
		return
	}
	l.wait()
}

// take has connections accepted that have come elsewhere.
func (s *socket) take(strays []net.Conn) {
	if len(strays) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.strays = append(s.strays, strays...)
	if s.turns != nil {
		s.turns.wake()
	}
}

// stray returns a connection that has come elsewhere, or nil.
func (s *socket) stray() net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.strays) == 0 {
		return nil
	}
	conn := s.strays[0]
	s.strays = s.strays[1:]
	return conn
}

// turnTo makes it the turn of l, which is not yet resumed, and returns whose turn it was.
func (s *socket) turnTo(l *oneListener) (before *oneListener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.turns = s.turns, l
	return before
}

// leave takes l out. If it was its turn, it is that of the newest.
func (s *socket) leave(l *oneListener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = slices.DeleteFunc(s.all, func(other *oneListener) bool { return other == l })
	if s.turns != l {
		return
	}
	s.turns = nil
	if len(s.all) > 0 {
		s.turns = s.all[len(s.all)-1]
		s.turns.resume()
	}
}

// takeOver makes the listeners accept in the place of those before them, whose servers are about to be told to end. They
// get time to read the first requests of the connections that they have accepted; others wait in the sockets' queues.
func takeOver(listeners []*oneListener) {
	var until time.Time
	for _, l := range listeners {
		before := l.socket.turnTo(l)
		if before == nil || before == l {
			continue
		}
		before.pause()
		if settled := time.Unix(0, l.socket.accepted.Load()).Add(settleTime); settled.After(until) {
			until = settled
		}
	}
	time.Sleep(time.Until(until))
	for _, l := range listeners {
		l.resume()
	}
}

// oneListener is one configuration's way to the socket of an address.
type oneListener struct {
	*net.TCPListener              // on the shared socket
	caddy            net.Listener // as Caddy counts it
	socket           *socket
	key              string
	closed           sync.Once

	mu      sync.Mutex
	changed sync.Cond // of what follows
	paused  bool      // it is another's turn
	parked  bool      // Accept waits for the end of the pause
	gone    bool
}

func newOneListener(own *net.TCPListener, ln net.Listener, shared *socket, key string) *oneListener {
	l := &oneListener{TCPListener: own, caddy: ln, socket: shared, key: key}
	l.changed.L = &l.mu
	return l
}

// Accept waits for a connection, and for the listener's turn.
func (l *oneListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.TCPListener.Accept()
		if err == nil {
			l.socket.accepted.Store(time.Now().UnixNano())
			return conn, nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err // the server tries again after what passes, such as too many open files
		}
		if l.park() {
			return nil, net.ErrClosed
		}
		if conn := l.socket.stray(); conn != nil {
			l.socket.accepted.Store(time.Now().UnixNano())
			l.wake() // there may be more
			return conn, nil
		}
	}
}

// park waits for the end of a pause, and reports whether the listener was closed.
func (l *oneListener) park() (gone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.parked = true
	for l.paused && !l.gone {
		l.changed.Broadcast()
		l.changed.Wait()
	}
	l.parked = false
	_ = l.SetDeadline(time.Time{})
	return l.gone
}

// wait makes Accept wait.
func (l *oneListener) wait() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused = true
	_ = l.SetDeadline(time.Unix(1, 0))
}

// pause makes Accept wait. When it returns, the server has taken over all connections that were accepted.
func (l *oneListener) pause() {
	l.wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	late := false // the server has never asked for a connection
	timer := time.AfterFunc(settleTime, func() {
		defer guard.Catch("handing a socket over")
		l.mu.Lock()
		defer l.mu.Unlock()
		late = true
		l.changed.Broadcast()
	})
	defer timer.Stop()
	for !l.parked && !l.gone && !late {
		l.changed.Wait()
	}
}

// wake makes Accept look around.
func (l *oneListener) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.paused {
		_ = l.SetDeadline(time.Unix(1, 0))
	}
}

// resume ends pause.
func (l *oneListener) resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused = false
	l.changed.Broadcast()
}

// Close ends this configuration's part. Connections that wait in the socket's queue are accepted by another.
func (l *oneListener) Close() error {
	err := net.ErrClosed
	l.closed.Do(func() {
		l.socket.leave(l)
		l.mu.Lock()
		l.gone = true
		l.changed.Broadcast()
		l.mu.Unlock()
		err = l.TCPListener.Close()
		_ = l.caddy.Close() // its socket is another, which is closed already, or has been duplicated
		_, _ = sockets.Delete(l.key)
	})
	return err
}

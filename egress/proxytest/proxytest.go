// Package proxytest runs proxies inside a test's process.
package proxytest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// HTTP is a proxy that forwards requests and opens tunnels for those who know the password.
type HTTP struct {
	*httptest.Server
	User, Password string       // that it wants; none if User is empty
	Status         int          // of every CONNECT; 0 opens the tunnel
	Used           atomic.Int32 // tunnels and forwarded requests
}

// NewHTTP starts a proxy, set up by a function if there is one, until the end of the test.
func NewHTTP(t testing.TB, secure bool, set func(*HTTP)) *HTTP {
	p := new(HTTP)
	if set != nil {
		set(p)
	}
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(p.serve))
	if secure {
		p.StartTLS()
	} else {
		p.Start()
	}
	t.Cleanup(p.CloseClientConnections)
	t.Cleanup(p.Close)
	return p
}

func (p *HTTP) serve(w http.ResponseWriter, r *http.Request) {
	if p.User != "" {
		r.Header.Set("Authorization", r.Header.Get("Proxy-Authorization"))
		if user, password, _ := r.BasicAuth(); user != p.User || password != p.Password {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
	}
	if r.Method != http.MethodConnect {
		p.Used.Add(1)
		out := r.Clone(r.Context())
		out.RequestURI = ""
		resp, err := http.DefaultTransport.RoundTrip(out)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		maps.Copy(w.Header(), resp.Header)
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
		return
	}
	if p.Status != 0 {
		w.WriteHeader(p.Status)
		return
	}
	upstream, err := net.Dial("tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	p.Used.Add(1)
	_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
	splice(client, upstream)
}

// splice copies both ways until one end is closed.
func splice(a, b net.Conn) {
	var once sync.Once
	end := func() { a.Close(); b.Close() }
	go func() {
		_, _ = io.Copy(a, b)
		once.Do(end)
	}()
	_, _ = io.Copy(b, a)
	once.Do(end)
}

// SOCKS is a SOCKS 5 server (RFC 1928, RFC 1929) that opens tunnels.
type SOCKS struct {
	net.Listener
	User, Password string       // that it wants; none if User is empty
	Reply          byte         // to every CONNECT; 0 opens the tunnel
	Silent         bool         // it says nothing at all
	Names          sync.Map     // hosts that were asked for
	Used           atomic.Int32 // tunnels
}

// NewSOCKS starts a proxy, set up by a function if there is one, until the end of the test.
func NewSOCKS(t testing.TB, set func(*SOCKS)) *SOCKS {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &SOCKS{Listener: l}
	if set != nil {
		set(p)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return p
}

func (p *SOCKS) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	if p.Silent {
		_, _ = io.Copy(io.Discard, r)
		return
	}
	if err := p.greet(r, conn); err != nil {
		return
	}
	address, err := p.target(r)
	if err != nil {
		return
	}
	if p.Reply != 0 {
		_, _ = conn.Write([]byte{5, p.Reply, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	upstream, err := net.Dial("tcp", address)
	if err != nil {
		_, _ = conn.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0}) // connection refused
		return
	}
	p.Used.Add(1)
	_, _ = conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	splice(conn, upstream)
}

var errRefused = errors.New("refused")

// greet agrees on a method, and asks for the password if there is one.
func (p *SOCKS) greet(r *bufio.Reader, w io.Writer) error {
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	methods := make([]byte, head[1])
	if _, err := io.ReadFull(r, methods); err != nil {
		return err
	}
	if p.User == "" {
		_, err := w.Write([]byte{5, 0})
		return err
	}
	if !bytes.Contains(methods, []byte{2}) {
		_, _ = w.Write([]byte{5, 0xff})
		return errRefused
	}
	_, _ = w.Write([]byte{5, 2})
	_, _ = r.ReadByte()
	user, password := text(r), text(r)
	if user != p.User || password != p.Password {
		_, _ = w.Write([]byte{1, 1})
		return errRefused
	}
	_, err := w.Write([]byte{1, 0})
	return err
}

// target reads where to connect to.
func (p *SOCKS) target(r *bufio.Reader) (string, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		return "", err
	}
	host := ""
	if head[3] == 3 {
		host = text(r)
		p.Names.Store(host, true)
	} else {
		ip := make([]byte, net.IPv4len)
		if _, err := io.ReadFull(r, ip); err != nil {
			return "", err
		}
		host = net.IP(ip).String()
	}
	port := make([]byte, 2)
	_, err := io.ReadFull(r, port)
	return net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(port)))), err
}

func text(r *bufio.Reader) string {
	n, _ := r.ReadByte()
	b := make([]byte, n)
	_, _ = io.ReadFull(r, b)
	return string(b)
}

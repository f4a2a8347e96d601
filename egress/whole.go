package egress

import (
	"context"
	"io"
	"net"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// dialer opens connections, as an [http.Transport] asks for them.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// whole has the dialer's connections write what lies in memory at once.
func (d dialer) whole(ctx context.Context, network, address string) (net.Conn, error) {
	var c net.Conn
	err := guard.Try("connecting", func() (err error) { // net/http connects in goroutines of its own
		c, err = d(ctx, network, address)
		return err
	})
	if err != nil {
		return nil, err
	}
	return wholeConn{c}, nil
}

// wholeConn is a connection without TLS, or below it. net/http hands a body to ReadFrom, which would copy it through a
// new buffer of 32 KiB and write as much at once; one that can write itself needs neither.
type wholeConn struct{ net.Conn }

// Interface guard
var _ io.ReaderFrom = wholeConn{}

// inMemory is a body that can write all of itself, of which Len bytes are left.
type inMemory interface {
	io.WriterTo
	Len() int
}

// ReadFrom implements [io.ReaderFrom].
func (c wholeConn) ReadFrom(r io.Reader) (int64, error) {
	if limited, ok := r.(*io.LimitedReader); ok {
		if body, ok := limited.R.(inMemory); ok && int64(body.Len()) <= limited.N {
			n, err := body.WriteTo(c.Conn)
			limited.N -= n
			return n, err
		}
	}
	return io.Copy(c.Conn, r)
}

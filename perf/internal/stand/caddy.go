package stand

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Caddy is a running Caddy.
type Caddy struct {
	URL, Admin string
	PID        int
	Config     string        // its Caddyfile
	Ready      time.Duration // from its start until it answered

	cmd *exec.Cmd
}

// patience is how long a Caddy may take to answer for the first time.
const patience = 60 * time.Second

// Start runs a Caddy with one site and waits until it answers, whatever. The caller
// stops it.
func (s *Stand) Start(ctx context.Context, name, site string) (*Caddy, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	c := &Caddy{URL: "http://127.0.0.1:" + ports[0], Admin: "http://127.0.0.1:" + ports[1]}
	c.Config = fmt.Sprintf("{\n\tadmin 127.0.0.1:%s\n\tpersist_config off\n\tauto_https off\n\tgrace_period 1s\n\tstorage file_system %s\n"+
		"\tmetrics\n\tlog {\n\t\tlevel ERROR\n\t}\n}\n:%s {\n\tbind 127.0.0.1\n\t%s}\n", ports[1], s.Dir, ports[0], site)
	if err := s.launch(ctx, c, name+".Caddyfile", []byte(c.Config), "--adapter", "caddyfile"); err != nil {
		return nil, err
	}
	return c, nil
}

// StartAdapted runs a Caddy with what another's Caddyfile was adapted to, on
// the other's ports, which it must have left.
func (s *Stand) StartAdapted(ctx context.Context, other *Caddy, adapted []byte) (*Caddy, error) {
	c := &Caddy{URL: other.URL, Admin: other.Admin, Config: other.Config}
	if err := s.launch(ctx, c, "adapted.json", adapted); err != nil {
		return nil, err
	}
	return c, nil
}

func (s *Stand) launch(ctx context.Context, c *Caddy, name string, config []byte, args ...string) error {
	file := filepath.Join(s.Dir, name)
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return err
	}
	c.cmd = exec.CommandContext(ctx, s.Binary, append([]string{"run", "--config", file}, args...)...)
	c.cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+s.Dir, "XDG_CONFIG_HOME="+s.Dir)
	c.cmd.Stderr = os.Stderr
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(os.Interrupt) }
	c.cmd.WaitDelay = 5 * time.Second
	begin := time.Now()
	if err := c.cmd.Start(); err != nil {
		return fmt.Errorf("starting Caddy: %w", err)
	}
	c.PID = c.cmd.Process.Pid
	for time.Since(begin) < patience && ctx.Err() == nil {
		if resp, err := http.Get(c.URL + "/stats"); err == nil {
			_ = resp.Body.Close()
			if resp.Header.Get("Server") == "Caddy" || resp.Header.Get("Via") != "" { // and not who was faster to take the port
				c.Ready = time.Since(begin)
				return nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	c.Stop()
	return errors.New("starting Caddy: it does not answer")
}

// Adapted is the Caddyfile as JSON.
func (c *Caddy) Adapted() ([]byte, error) {
	answer, err := c.post("/adapt", "text/caddyfile", strings.NewReader(c.Config))
	if err != nil {
		return nil, fmt.Errorf("adapting the Caddyfile: %w", err)
	}
	var adapted struct{ Result json.RawMessage }
	err = json.Unmarshal(answer, &adapted)
	return adapted.Result, err
}

// Reload loads the configuration, changed or not, and returns how long that
// took.
func (c *Caddy) Reload(config []byte) (time.Duration, error) {
	begin := time.Now()
	if _, err := c.post("/load", "application/json", bytes.NewReader(config)); err != nil {
		return 0, fmt.Errorf("reloading: %w", err)
	}
	return time.Since(begin), nil
}

func (c *Caddy) post(path, kind string, body io.Reader) ([]byte, error) {
	req, err := http.NewRequest(http.MethodPost, c.Admin+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Cache-Control", "must-revalidate")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, answer)
	}
	return answer, err
}

// Stop ends the process and waits for its end.
func (c *Caddy) Stop() {
	_ = c.cmd.Process.Signal(os.Interrupt)
	_ = c.cmd.Wait()
}

// freePorts are ports that nobody listens on.
func freePorts(n int) (ports []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}

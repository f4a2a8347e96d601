package aigateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"go.uber.org/zap"
)

// reload asks Caddy to load its configuration file again, which it does after the answer. A file that fails to load
// changes nothing; Caddy's log tells what became of it.
func (a *adminAPI) reload(*http.Request, string) (any, error) {
	if err := reloadConfig(); err != nil {
		return nil, adminError(http.StatusNotImplemented, "asking Caddy to load its configuration: %w; use caddy reload", err)
	}
	a.logger.Info("asked Caddy to load its configuration file again")
	return accepted{"accepted"}, nil
}

// logLevel is the body of a request to set the log's level.
type logLevel struct {
	Level string `json:"level"`
}

// levelSet answers it.
type levelSet struct {
	Status string `json:"status"`
	Level  string `json:"level"`
}

// setLevel sets the level of Caddy's default log: ?level= or a member of the body. It changes Caddy's running
// configuration, which the next load of the file resets.
func (a *adminAPI) setLevel(r *http.Request, _ string) (any, error) {
	asked := logLevel{r.URL.Query().Get("level")}
	if err := readAdmin(r, &asked); err != nil {
		return nil, err
	}
	level := strings.ToUpper(asked.Level)
	switch level {
	case "DEBUG", "INFO", "WARN", "ERROR":
	default:
		return nil, adminError(http.StatusBadRequest, "the level must be DEBUG, INFO, WARN or ERROR")
	}
	if err := changeLevel(r, level); err != nil {
		return nil, adminError(http.StatusInternalServerError, "changing the configuration: %w", err)
	}
	a.logger.Info("log level changed", zap.String("level", level))
	return levelSet{"success", level}, nil
}

// levelPath is where the level of the default log stands in Caddy's configuration.
const levelPath = "/config/logging/logs/default/level"

// changeLevel changes Caddy's configuration by its own admin API, from which r comes.
func changeLevel(r *http.Request, level string) error {
	if address, elsewhere := r.Context().Value(endpointKey{}).(string); elsewhere {
		return changeLevelAt(address, level)
	}
	api, err := ownAPI(r)
	if err != nil {
		return err
	}
	defer api.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(r.Context(), 30*time.Second)
	defer cancel()
	value, err := json.Marshal(level)
	if err != nil {
		return err
	}
	// PUT makes what is missing on the way, but does not replace; PATCH does nothing else.
	status, text, err := askOwn(ctx, api, r, http.MethodPatch, value)
	if err == nil && status != http.StatusOK {
		status, text, err = askOwn(ctx, api, r, http.MethodPut, value)
	}
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("status %d: %s", status, text)
	}
	return nil
}

// changeLevelAt does so over Caddy's admin endpoint for a request that came to a site.
func changeLevelAt(address, level string) error {
	value, err := json.Marshal(level)
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if file := configFile(os.Args); file != "" {
		header.Set("Caddy-Config-Source-File", file)
	}
	for _, method := range []string{http.MethodPatch, http.MethodPut} {
		var resp *http.Response
		if resp, err = caddycmd.AdminAPIRequest(address, method, levelPath, header, bytes.NewReader(value)); err == nil {
			return resp.Body.Close()
		}
	}
	return err
}

// ownAPI reaches the admin endpoint that the request came to.
func ownAPI(r *http.Request) (*http.Transport, error) {
	address, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return nil, errors.New("the address of the admin endpoint is not known")
	}
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, address.Network(), address.String())
	}}, nil
}

// askOwn sends the request that changes the level, as the client of r may.
func askOwn(ctx context.Context, api *http.Transport, r *http.Request, method string, value []byte) (status int, text string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, (&url.URL{Scheme: "http", Host: r.Host, Path: levelPath}).String(), bytes.NewReader(value))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	if origin := r.Header.Get("Origin"); origin != "" {
		req.Header.Set("Origin", origin)
	}
	// Otherwise Caddy would no longer know which file to load on SIGUSR1.
	if file := configFile(os.Args); file != "" {
		req.Header.Set("Caddy-Config-Source-File", file)
	}
	resp, err := api.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAdminBody))
	return resp.StatusCode, strings.TrimSpace(string(body)), err
}

// configFile returns the file that `caddy run` was told to load, or would load by itself.
func configFile(args []string) string {
	for i, arg := range args {
		name, value, joined := strings.Cut(arg, "=")
		switch name {
		case "--config", "-config", "-c":
			if joined {
				return value
			}
			if i+1 < len(args) {
				return args[i+1]
			}
		}
	}
	return "Caddyfile"
}

module github.com/caddy-ai-gateway/ai-gateway/perf

go 1.26

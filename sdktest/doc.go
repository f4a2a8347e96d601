// Package sdktest drives the gateway inside of a real Caddy with the official SDKs of the three vendors, against the
// built-in simulator. Every client dialect meets every upstream dialect in the same scenarios, and a grammar checker
// reads every byte that the gateway answers. It is a module of its own, so that the gateway does not depend on SDKs.
package sdktest

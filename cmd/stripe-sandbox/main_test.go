package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
)

// started runs the command and answers what it prints, line by line.
func started(t *testing.T, args ...string) <-chan string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	in, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, args, out)
		out.CloseWithError(err)
		ended <- err
	}()
	t.Cleanup(func() {
		stop()
		_ = in.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	lines := make(chan string, 100) // read to the end: the command waits for its readers
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(in); scan.Scan(); {
			lines <- scan.Text()
		}
	}()
	return lines
}

// address is the next URL that was printed.
func address(t *testing.T, lines <-chan string) string {
	t.Helper()
	for line := range lines {
		for _, word := range strings.Fields(line) {
			if strings.HasPrefix(word, "http") {
				return word
			}
		}
	}
	t.Fatal("no address was printed")
	return ""
}

// With --https the sandbox speaks TLS and HTTP/2 as well, as test suites written
// for stripe-mock expect, and says which version of it it passes for.
func TestHTTPS(t *testing.T) {
	lines := started(t, "--listen", "127.0.0.1:0", "--https", "127.0.0.1:0", "--mock-version", "0.183.0")
	plain, secure := address(t, lines), address(t, lines)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	for base, proto := range map[string]int{plain: 1, secure: 2} {
		req, err := http.NewRequest(http.MethodGet, base+"/v1/balance", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer sk_test_x")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK || res.ProtoMajor != proto || res.Header.Get("Stripe-Mock-Version") != "0.183.0" {
			t.Errorf("%s: %s by %s, %q", base, res.Status, res.Proto, res.Header)
		}
	}
}

// A sandbox can start in trouble.
func TestFaultFlags(t *testing.T) {
	base := address(t, started(t, "--listen", "127.0.0.1:0", "--fault-share", "0.25", "--fault-seed", "3"))
	res, err := http.Get(base + "/_sandbox/faults")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(body), `"share": 0.25`) || !strings.Contains(string(body), `"seed": 3`) {
		t.Errorf("%v %s", err, body)
	}
}

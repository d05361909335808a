package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// slot is the place of one Hearth process: when one dies, the next takes it.
type slot struct {
	n        int
	world    *world
	stripe   string // its gate to Stripe
	database string // its wire to the database
	up       atomic.Bool

	mu      sync.Mutex
	process *os.Process
	address string
	killed  bool  // this process, by us
	wrong   error // it ended by itself
}

// supervise keeps a process running until the context ends.
func (s *slot) supervise(ctx context.Context) {
	for ctx.Err() == nil && s.crashed() == nil {
		if err := s.run(ctx); err != nil && ctx.Err() == nil {
			s.mu.Lock()
			s.wrong = err
			s.mu.Unlock()
		}
	}
}

func (s *slot) crashed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wrong
}

// run starts a process and returns when it has ended; an end that was not ours
// is an error.
func (s *slot) run(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, s.world.binary, "serve") // the end of the context is a kill -9, too
	cmd.Env = s.world.environment(s.stripe, s.database)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is ours
	out, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	s.mu.Lock()
	if err = cmd.Start(); err == nil {
		s.process, s.killed = cmd.Process, false
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	failed := s.read(bufio.NewScanner(out))
	s.up.Store(false)
	err = cmd.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process = nil
	if s.killed || ctx.Err() != nil {
		return nil
	}
	return errors.Join(fmt.Errorf("process %d ended by itself: %w", s.n, err), failed)
}

// read keeps the log, and learns from it where the process listens.
func (s *slot) read(lines *bufio.Scanner) error {
	file, err := os.OpenFile(filepath.Join(s.world.dir, fmt.Sprintf("hearth-%d.log", s.n)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	lines.Buffer(nil, 1<<20)
	var last string
	for lines.Scan() {
		fmt.Fprintln(file, lines.Text())
		var entry struct{ Level, Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &entry) != nil || entry.Msg == "" {
			last = lines.Text()
			continue
		}
		s.world.books.logged(entry.Level, entry.Msg, lines.Text())
		if entry.Msg == "hearth serves" {
			s.mu.Lock()
			s.address = entry.Address
			s.mu.Unlock()
			s.up.Store(true)
		}
	}
	if last == "" {
		return nil
	}
	return errors.New(last)
}

// kill is kill -9. It reports whether there was a process to kill.
func (s *slot) kill() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil || s.killed {
		return false
	}
	s.up.Store(false)
	s.killed = s.process.Kill() == nil
	return s.killed
}

// where is the process' address, "" while it is down.
func (s *slot) where() string {
	if !s.up.Load() {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.address
}

// hearth runs one of the other commands, past proxies and faults.
func (w *world) hearth(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.binary, args...)
	cmd.Env = w.environment(w.stripe, w.dsn)
	var wrong writer
	cmd.Stderr = &wrong
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("hearth %v: %w\n%s%s", args, err, out, wrong.tail())
	}
	return string(out), nil
}

// writer keeps the end of what is written.
type writer struct{ text []byte }

func (w *writer) Write(b []byte) (int, error) {
	w.text = append(w.text, b...)
	w.text = w.text[max(0, len(w.text)-4000):]
	return len(b), nil
}

func (w *writer) tail() string { return string(w.text) }

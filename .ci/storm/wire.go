package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// wire is a process' way to the database, with two places to die at each
// transaction: before its COMMIT reaches the server, and after the server has
// carried it out. It returns the address to connect to.
func (w *world) wire(s *slot, to *pgx.ConnConfig) (dsn string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	w.onClose(l.Close)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				network, address := pgconn.NetworkAddress(to.Host, to.Port)
				server, err := net.Dial(network, address)
				if err != nil {
					client.Close()
					return
				}
				(&line{slot: s, client: client, server: server, statements: map[string]string{}}).carry()
			}()
		}
	}()
	u := url.URL{Scheme: "postgres", User: url.User(to.User), Host: l.Addr().String(), Path: "/" + to.Database, RawQuery: "sslmode=disable&pool_max_conns=12"}
	return u.String(), nil
}

// line is one connection. It reads along what the client says.
type line struct {
	slot           *slot
	client, server net.Conn
	statements     map[string]string // prepared ones, by name: the table that each writes
	writes         []string          // tables, of the transaction that is open

	mu       sync.Mutex
	awaiting string // the boundary to die at once the server has answered
}

func (l *line) carry() {
	defer l.client.Close()
	defer l.server.Close()
	go func() {
		defer l.client.Close()
		defer l.server.Close()
		_ = l.answers()
	}()
	_ = l.asks()
}

var errDead = errors.New("the process is dead")

// asks carries the client's messages. The first has no type.
func (l *line) asks() error {
	in := bufio.NewReaderSize(l.client, 64<<10)
	first := true
	for {
		head := make([]byte, 5)
		if first {
			head = head[:4]
		}
		if _, err := io.ReadFull(in, head); err != nil {
			return err
		}
		body := make([]byte, binary.BigEndian.Uint32(head[len(head)-4:])-4)
		if _, err := io.ReadFull(in, body); err != nil {
			return err
		}
		if !first {
			if err := l.said(head[0], body); err != nil {
				return err
			}
		}
		first = false
		if _, err := l.server.Write(append(head, body...)); err != nil {
			return err
		}
	}
}

// said follows the transaction and dies at its end.
func (l *line) said(kind byte, body []byte) error {
	switch kind {
	case 'P': // Parse: name, text
		name, rest, _ := bytes.Cut(body, []byte{0})
		text, _, _ := bytes.Cut(rest, []byte{0})
		l.statements[string(name)] = written(string(text))
	case 'B': // Bind: portal, statement
		_, rest, _ := bytes.Cut(body, []byte{0})
		name, _, _ := bytes.Cut(rest, []byte{0})
		if table := l.statements[string(name)]; table != "" && !slices.Contains(l.writes, table) {
			l.writes = append(l.writes, table)
		}
	case 'Q':
		text := strings.ToLower(strings.TrimRight(string(body), "\x00; "))
		if strings.HasPrefix(text, "begin") || text == "rollback" {
			l.writes = nil
		}
		if text == "commit" && len(l.writes) > 0 {
			return l.commit()
		}
	}
	return nil
}

func (l *line) commit() error {
	slices.Sort(l.writes)
	boundary := "COMMIT of " + strings.Join(l.writes, " ")
	l.writes = nil
	if l.slot.world.death.at(l.slot, boundary+", before it") {
		return errDead
	}
	l.mu.Lock()
	l.awaiting = boundary + ", after it"
	l.mu.Unlock()
	return nil
}

// answers carries the server's messages.
func (l *line) answers() error {
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.server.Read(buffer)
		if err != nil {
			return err
		}
		l.mu.Lock()
		boundary := l.awaiting
		l.awaiting = ""
		l.mu.Unlock()
		if boundary != "" && l.slot.world.death.at(l.slot, boundary) {
			return errDead
		}
		if _, err := l.client.Write(buffer[:n]); err != nil {
			return err
		}
	}
}

var write = regexp.MustCompile(`(?i)\b(?:insert\s+into|update|delete\s+from)\s+(?:only\s+)?"?([a-z_]+)"?`)

// written is the table that a statement writes, as far as it is Hearth's own.
func written(sql string) string {
	found := write.FindStringSubmatch(sql)
	if found == nil || strings.HasPrefix(found[1], "river_") || found[1] == "sessions" {
		return ""
	}
	return found[1]
}

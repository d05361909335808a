package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"hash"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	"hearth/internal/inbound"
	"hearth/internal/stripeapi"
)

// sample is a charge.succeeded as Stripe sends it, about 3 KB.
//
//go:embed event.json
var sample []byte

const idAt, idLength = len("{\n  \"id\": \""), len("evt_000000000000000000000000")

var serial atomic.Int64

// event writes a fresh id into the body.
func event(body []byte) (id string) {
	id = fmt.Sprintf("evt_%024d", serial.Add(1))
	copy(body[idAt:idAt+idLength], id)
	return id
}

// ingest is how quickly webhooks are taken in. Its limit writes the same bytes
// into the same table, one statement and commit per event, as many at once.
func (w *world) ingest() suite {
	s := suite{title: fmt.Sprintf("Webhooks in: %d at once, %.1f KB each, signed, over HTTP", posters, float64(len(sample))/1000), variants: []*variant{
		{name: "one INSERT and commit per event", limit: true, cost: inHere, run: w.insertEach, check: w.stored},
		{name: "stored by webhook.Inbox", cost: atServer, run: w.post("/webhooks/stripe"), check: w.stored},
		{name: "signature checked, not stored", cost: atServer, run: w.post(verifyPath)},
	}}
	if program, err := exec.LookPath(w.cluster.Program("pgbench")); err == nil {
		s.variants = append(s.variants, &variant{name: "pgbench, the same INSERT", cost: inHere, run: w.pgbench(program), check: w.stored})
	}
	return s
}

// stored holds every acknowledged event to be in the table.
func (w *world) stored(ctx context.Context, done work) error {
	var rows int
	if err := w.db.QueryRow(ctx, `SELECT count(*) FROM stripe_events`).Scan(&rows); err != nil {
		return err
	}
	if rows < done.ops {
		return fmt.Errorf("%d events were acknowledged, %d are stored", done.ops, rows)
	}
	w.proved.Events += done.ops
	_, err := w.db.Exec(ctx, `TRUNCATE stripe_events`)
	return err
}

// post delivers events as Stripe does, each poster on a connection of its own.
func (w *world) post(path string) func(context.Context, time.Duration) (work, error) {
	return func(ctx context.Context, slice time.Duration) (work, error) {
		clients, err := w.connect(posters)
		if err != nil {
			return work{}, err
		}
		senders := make([]*sender, posters)
		for i, c := range clients {
			defer c.conn.Close()
			senders[i] = &sender{client: c, head: fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n", path, w.address),
				body: bytes.Clone(sample), mac: hmac.New(sha256.New, []byte(secret))}
		}
		return gang(ctx, posters, slice, func(_ context.Context, i int) (bool, error) { return true, senders[i].send() })
	}
}

type sender struct {
	client  client
	head    string
	body    []byte
	mac     hash.Hash
	request []byte
}

// send signs a fresh event and delivers it.
func (s *sender) send() error {
	event(s.body)
	at := strconv.FormatInt(time.Now().Unix(), 10)
	s.mac.Reset()
	_, _ = io.WriteString(s.mac, at+".") // a hash never fails
	_, _ = s.mac.Write(s.body)
	s.request = fmt.Appendf(s.request[:0], "%sContent-Length: %d\r\nStripe-Signature: t=%s,v1=%x\r\n\r\n", s.head, len(s.body), at, s.mac.Sum(nil))
	return s.client.do(append(s.request, s.body...), io.Discard)
}

const insertEvent = `INSERT INTO stripe_events (id, source, type, api_version, livemode, object_id, payload, received_at, next_attempt_at)
	VALUES ($1, $2, $3, $4, false, $5, $6, $7, $7)`

// insertEach is what a plain handler would do, without HTTP and signatures.
func (w *world) insertEach(ctx context.Context, slice time.Duration) (work, error) {
	parsed, err := stripeapi.DecodeEvent(sample)
	if err != nil {
		return work{}, err
	}
	bodies := make([][]byte, posters)
	for i := range bodies {
		bodies[i] = bytes.Clone(sample)
	}
	return gang(ctx, posters, slice, func(ctx context.Context, i int) (bool, error) {
		id := event(bodies[i])
		_, err := w.db.Exec(ctx, insertEvent, id, inbound.SourceAccount, parsed.Type, parsed.APIVersion, parsed.ObjectID, bodies[i], time.Now())
		return true, err
	})
}

// script is the same statement for pgbench, with the body as a parameter: text
// in the script would be sent, and parsed, anew each time.
const script = `\set n random(1, 9000000000000000000)
INSERT INTO stripe_events (id, source, type, api_version, livemode, object_id, payload, received_at, next_attempt_at)
	VALUES ('evt_' || :n, 'account', 'charge.succeeded', '2023-10-16', false, 'ch_3SkQ7vLkdIwHu7ix1rZp2bXy', :payload, now(), now());
`

var (
	transactions = regexp.MustCompile(`transactions actually processed: (\d+)`)
	tps          = regexp.MustCompile(`tps = ([0-9.]+)`)
)

// pgbench is given a number of transactions that takes it about a slice: by
// time it knows whole seconds only, and on a busy machine spends them all on
// connecting.
func (w *world) pgbench(program string) func(context.Context, time.Duration) (work, error) {
	return func(ctx context.Context, slice time.Duration) (work, error) {
		file := filepath.Join(w.dir, "insert.sql")
		if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
			return work{}, err
		}
		each := strconv.Itoa(max(20, int(slice/(8*time.Millisecond))))
		cmd := exec.CommandContext(ctx, program, "-n", "-M", "prepared", "-c", strconv.Itoa(posters), "-j", "2", "-t", each,
			"-f", file, "-D", "payload="+string(sample), w.cluster.DSN("hearth"))
		out, err := cmd.CombinedOutput()
		if err != nil {
			return work{}, fmt.Errorf("%w: %s", err, out)
		}
		ops, err1 := strconv.Atoi(captured(transactions, out))
		rate, err2 := strconv.ParseFloat(captured(tps, out), 64)
		if err1 != nil || err2 != nil || rate == 0 {
			return work{}, fmt.Errorf("pgbench said something else: %s", out)
		}
		return work{ops: ops, took: time.Duration(float64(ops) / rate * float64(time.Second))}, nil
	}
}

func captured(pattern *regexp.Regexp, out []byte) string {
	if found := pattern.FindSubmatch(out); found != nil {
		return string(found[1])
	}
	return ""
}

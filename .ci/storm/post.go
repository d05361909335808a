package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"sync"
)

// postOffice takes every mail and counts them by Message-ID.
type postOffice struct {
	port string

	mu    sync.Mutex
	times map[string]int    // by Message-ID
	links map[string]string // the last link to confirm an address, by address
}

func (w *world) openPost(context.Context) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w.onClose(l.Close)
	w.post = &postOffice{times: map[string]int{}, links: map[string]string{}}
	_, w.post.port, _ = net.SplitHostPort(l.Addr().String())
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go w.post.talk(conn)
		}
	}()
	return nil
}

// talk is one conversation in SMTP.
func (p *postOffice) talk(conn net.Conn) {
	defer conn.Close()
	in := textproto.NewReader(bufio.NewReader(conn))
	say := func(line string) { _, _ = fmt.Fprintf(conn, "%s\r\n", line) }
	say("220 storm")
	for {
		line, err := in.ReadLine()
		if err != nil {
			return
		}
		switch word, _, _ := strings.Cut(strings.ToUpper(line), " "); word {
		case "DATA":
			say("354 go on")
			text, err := io.ReadAll(in.DotReader())
			if err != nil {
				return // it broke off: not accepted
			}
			p.take(string(text))
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

var confirm = regexp.MustCompile(`/verify-email\?token=[\w.-]+`)

func (p *postOffice) take(text string) {
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		return
	}
	body, _ := io.ReadAll(quotedprintable.NewReader(m.Body))
	to, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("To"))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.times[m.Header.Get("Message-Id")]++
	if link := confirm.FindString(string(body)); link != "" {
		p.links[strings.Trim(to, "<>")] = link
	}
}

// link is where an address is confirmed, "" before the mail has come.
func (p *postOffice) link(address string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.links[address]
}

// counts says how many mails came, and how many came twice and more often.
func (p *postOffice) counts() (all, twice, more int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.times {
		all++
		switch {
		case n == 2:
			twice++
		case n > 2:
			more++
		}
	}
	return all, twice, more
}

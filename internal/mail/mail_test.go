package mail_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"testing"

	"hearth/internal/mail"
)

var message = mail.Message{ID: "019f0000-aaaa", To: "ada@example.com", Subject: "Été", HTML: "<p>hello</p>", Text: "hello\n"}

// serve is a mail server of one conversation. rcpt and dot are its answers to
// the address and to the end of the text; an empty dot hangs up instead.
func serve(t *testing.T, rcpt, dot string) (sender mail.SMTP, text <-chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	got := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		talk(conn, rcpt, dot, got)
	}()
	address := listener.Addr().(*net.TCPAddr)
	return mail.SMTP{Host: "127.0.0.1", Port: address.Port, From: "Hearth <hello@homes.example>"}, got
}

func talk(conn net.Conn, rcpt, dot string, got chan<- string) {
	in := bufio.NewScanner(conn)
	say := func(line string) { fmt.Fprintf(conn, "%s\r\n", line) }
	say("220 ready")
	for in.Scan() {
		verb, _, _ := strings.Cut(strings.ToUpper(in.Text()), " ")
		switch verb {
		case "RCPT":
			say(rcpt)
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for in.Scan() && in.Text() != "." {
				text.WriteString(in.Text() + "\n")
			}
			got <- text.String()
			if dot == "" {
				return
			}
			say(dot)
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}

func TestSMTPSendsBothTextsUnderTheMessagesOwnID(t *testing.T) {
	sender, text := serve(t, "250 fine", "250 taken")
	if err := sender.Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	got := <-text
	for _, want := range []string{"Message-ID: <019f0000-aaaa@homes.example>", "To: <ada@example.com>", `From: "Hearth" <hello@homes.example>`,
		"=?UTF-8?", "text/plain", "text/html", "<p>hello</p>", "Auto-Submitted: auto-generated"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}

// What a server answers decides whether a mail may be sent again: the three
// verdicts must not be confused.
func TestSMTPTellsRefusedFromUnknownFromLater(t *testing.T) {
	for _, c := range []struct {
		name, rcpt, dot string
		want            error
	}{
		{"no such mailbox", "550 nobody here", "250 taken", mail.ErrRefused},
		{"text refused", "250 fine", "554 spam", mail.ErrRefused},
		{"try later", "451 busy", "250 taken", nil},
		{"text refused for now", "250 fine", "452 full", nil},
		{"line broken after the text", "250 fine", "", mail.ErrUnknown},
	} {
		sender, _ := serve(t, c.rcpt, c.dot)
		err := sender.Send(t.Context(), message)
		if err == nil {
			t.Errorf("%s: sent", c.name)
		}
		for _, verdict := range []error{mail.ErrRefused, mail.ErrUnknown} {
			if errors.Is(err, verdict) != (verdict == c.want) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
	if err := (mail.SMTP{Host: "127.0.0.1", Port: 1, From: "a@b.co"}).Send(t.Context(), message); err == nil || errors.Is(err, mail.ErrRefused) || errors.Is(err, mail.ErrUnknown) {
		t.Errorf("no server: %v", err)
	}
}

func TestSMTPRefusesAddressesThatWouldAddHeaders(t *testing.T) {
	bad := message
	bad.To = "a@b.co\r\nBcc: c@d.eu"
	if err := (mail.SMTP{Host: "127.0.0.1", Port: 1, From: "a@b.co"}).Send(t.Context(), bad); !errors.Is(err, mail.ErrRefused) {
		t.Errorf("%v", err)
	}
}

func TestOutboxKeepsAMessageOnce(t *testing.T) {
	box := mail.Outbox{Dir: t.TempDir() + "/outbox"}
	if all, err := box.List(); err != nil || len(all) != 0 {
		t.Fatalf("a new outbox: %v, %v", all, err)
	}
	other := message
	other.ID = "second"
	for _, m := range []mail.Message{message, message, other} {
		if err := box.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	all, err := box.List()
	if err != nil || len(all) != 2 || all[0].ID != "second" {
		t.Fatalf("%v, %v", all, err)
	}
	kept, err := box.Read(message.ID)
	if err != nil || kept.Message != message {
		t.Errorf("%+v, %v", kept, err)
	}
	for _, id := range []string{"", "none", "../second", "a/b", ".."} {
		if _, err := box.Read(id); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// SMTP sends through a mail server. Port 465 speaks TLS from the start; every
// other port must offer STARTTLS, unless the server is on this machine.
type SMTP struct {
	Host, User, Password string
	Port                 int
	From                 string // "Hearth <hello@homes.example>"
}

const smtpTimeout = 20 * time.Second

// Send implements Sender.
func (s SMTP) Send(ctx context.Context, m Message) error {
	message, err := s.compose(m)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	client, err := gomail.NewClient(s.Host, s.options()...)
	if err != nil {
		return fmt.Errorf("set up the mail client: %w", err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("reach the mail server: %w", err)
	}
	defer client.Close() // the message is accepted or not by now
	err = client.Send(message)
	if message.IsDelivered() {
		return nil
	}
	return verdict(err)
}

// verdict sorts a failed conversation: what was answered with a 5xx is over,
// what broke off after the text may have arrived.
func verdict(err error) error {
	var failure *gomail.SendError
	if !errors.As(err, &failure) {
		return fmt.Errorf("send mail: %w", err)
	}
	switch {
	case failure.ErrorCode() >= 500:
		return fmt.Errorf("%w: %w", ErrRefused, err)
	case failure.Reason == gomail.ErrSMTPDataClose && failure.ErrorCode() == 0:
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return fmt.Errorf("send mail: %w", err)
}

func (s SMTP) compose(m Message) (*gomail.Msg, error) {
	message := gomail.NewMsg()
	from, err := netmail.ParseAddress(s.From)
	if err != nil {
		return nil, fmt.Errorf("the sender %q: %w", s.From, err)
	}
	message.FromMailAddress(from)
	if err := message.To(m.To); err != nil {
		return nil, err
	}
	domain := from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	message.SetMessageIDWithValue(m.ID + "@" + domain)
	message.SetDate()
	message.Subject(m.Subject)
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return message, nil
}

func (s SMTP) options() []gomail.Option {
	options := []gomail.Option{gomail.WithPort(s.Port), gomail.WithTimeout(smtpTimeout)}
	switch {
	case s.Port == 465:
		options = append(options, gomail.WithSSL())
	case local(s.Host):
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	return options
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

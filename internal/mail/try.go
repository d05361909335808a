package mail

import (
	"context"
	"fmt"

	gomail "github.com/wneessen/go-mail"
)

// Try reaches the mail server, greets it and logs in, as before a mail, and
// sends nothing.
func (s SMTP) Try(ctx context.Context) error {
	client, err := gomail.NewClient(s.Host, s.options()...)
	if err != nil {
		return fmt.Errorf("set up the mail client: %w", err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("reach the mail server: %w", err)
	}
	_ = client.Close() // it has let us in
	return nil
}

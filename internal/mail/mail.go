// Package mail hands messages to the world: by SMTP, or into a folder that a
// developer can look at (the outbox). What a message says and whom it is for
// is decided by internal/notify.
//
// A sender tells three things apart, since a mail must neither be lost nor
// come twice: accepted (nil), refused for good ([ErrRefused]), perhaps accepted
// ([ErrUnknown]: the line broke after the text was sent). Every other error
// means that nobody took the message and that it may be sent again.
package mail

import (
	"context"
	"errors"
)

// Message is one mail to one person. ID makes the Message-ID, so that a mail
// that was sent twice is recognisable as one.
type Message struct {
	ID      string `json:"id"`
	To      string `json:"to"`
	Subject string `json:"subject"`
	HTML    string `json:"html"`
	Text    string `json:"text"`
}

// Sender sends a message, or says in what way it did not.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

var (
	// ErrRefused says that the receiving side will never take this message.
	ErrRefused = errors.New("mail refused")
	// ErrUnknown says that the message may have been accepted.
	ErrUnknown = errors.New("mail may have been accepted")
)

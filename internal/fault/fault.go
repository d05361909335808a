// Package fault is the vocabulary of what can go wrong for a person: five
// kinds of error, each with a message that may be shown as it stands. Every
// other error is the program's own business: it is logged, and the person
// sees an apology with a request id.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Kind says what a person can do about it; the site maps kinds to statuses.
type Kind int

// The kinds, with the HTTP status that the site gives them.
const (
	NotFound    Kind = iota + 1 // 404: there is no such thing, or not for you
	Invalid                     // 422: mend the named fields
	Conflict                    // 409: somebody or something was first
	Denied                      // 403: you may not
	Unavailable                 // 503: try again later
)

// Error is a fault. Fields holds a message per form field for Invalid.
type Error struct {
	Kind    Kind
	Message string
	Fields  map[string]string
	cause   error
}

// New makes a fault with a message for people.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes a fault that keeps its cause for the log.
func Wrap(cause error, kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), cause: cause}
}

// Field is an Invalid fault of one form field.
func Field(field, format string, args ...any) *Error {
	message := fmt.Sprintf(format, args...)
	return &Error{Kind: Invalid, Message: message, Fields: map[string]string{field: message}}
}

// Fields is an Invalid fault of several form fields; nil when there are none.
func Fields(fields map[string]string) error {
	if len(fields) == 0 {
		return nil
	}
	first := slices.Sorted(maps.Keys(fields))[0]
	return &Error{Kind: Invalid, Message: fields[first], Fields: fields}
}

func (e *Error) Error() string {
	if e.cause != nil {
		return e.Message + ": " + e.cause.Error()
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.cause }

// Of finds the fault in an error's chain.
func Of(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Is reports whether an error is a fault of the kind.
func Is(err error, kind Kind) bool {
	e, ok := Of(err)
	return ok && e.Kind == kind
}

package account

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"hearth/internal/fault"
)

const (
	minPassword = 10
	maxPassword = 200
	maxEmail    = 254 // RFC 5321
	maxName     = 100
	maxPhone    = 40
)

func checkRegistration(r Registration) error {
	wrong := map[string]string{}
	put(wrong, "name", checkName(r.Name))
	put(wrong, "email", checkEmail(r.Email))
	put(wrong, "password", checkPassword("password", r.Password, r.Email))
	return fault.Fields(wrong)
}

// put takes over the message of a check that failed.
func put(wrong map[string]string, field string, err error) {
	if err != nil {
		wrong[field] = err.Error()
	}
}

func checkName(name string) error {
	name = strings.TrimSpace(name)
	if name == "" {
		return fault.Field("name", "Tell us your name.")
	}
	if utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return fault.Field("name", "This name is too long or has unusual characters.")
	}
	return nil
}

func checkPhone(phone string) error {
	phone = strings.TrimSpace(phone)
	if len(phone) > maxPhone || strings.ContainsFunc(phone, func(r rune) bool { return !strings.ContainsRune("0123456789 +-()./x", r) }) {
		return fault.Field("phone", "Write the number with digits, for example +1 415 555 0100.")
	}
	return nil
}

func checkEmail(email string) error {
	email = strings.TrimSpace(email)
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > maxEmail || strings.ContainsAny(email, "\" ") ||
		!strings.Contains(email[strings.LastIndexByte(email, '@'):], ".") {
		return fault.Field("email", "This does not look like an e-mail address.")
	}
	return nil
}

func checkPassword(field, password, email string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return fault.Field(field, "This password has unreadable characters.")
	case n < minPassword:
		return fault.Field(field, "Use at least %d characters. A few words are easy to remember.", minPassword)
	case n > maxPassword:
		return fault.Field(field, "Use at most %d characters.", maxPassword)
	case email != "" && strings.EqualFold(strings.TrimSpace(password), strings.TrimSpace(email)):
		return fault.Field(field, "Your e-mail address is not a password.")
	}
	return nil
}

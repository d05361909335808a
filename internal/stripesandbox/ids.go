package stripesandbox

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
)

// newID makes an id that looks like Stripe's; nothing may be read from its rest.
func newID(prefix string) string {
	n := 24
	if prefix == "cs_test_" {
		n = 58
	}
	return prefix + token(n)
}

var alnum = strings.NewReplacer("-", "", "_", "")

func token(n int) string {
	var b strings.Builder
	for b.Len() < n {
		raw := make([]byte, n)
		rand.Read(raw)
		b.WriteString(alnum.Replace(base64.RawURLEncoding.EncodeToString(raw)))
	}
	return b.String()[:n]
}

// upperToken is a token as it stands in invoice numbers.
func upperToken(n int) string { return strings.ToUpper(token(n)) }

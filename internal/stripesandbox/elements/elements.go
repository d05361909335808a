// Package elements holds what the sandbox gives to browsers in the place of
// js.stripe.com: a stripe.js, the frames that it puts on a merchant's page, and
// a page to try them on. It is plain JavaScript; nothing is built.
//
// stripe/ is what runs on the merchant's page: its files, and shared/, are sent
// as one script. frame/ are modules that run in frames of the sandbox, where card
// numbers are typed; they call the API themselves and tell the page no more than
// Stripe does.
package elements

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"io/fs"
	"regexp"
)

//go:embed shared stripe frame demo
var files embed.FS

// Files are what frames and the demonstration load by name.
func Files() fs.FS { return files }

// parts is stripe.js, in the order in which one file uses the other.
var parts = []string{"shared/api.js", "stripe/errors.js", "stripe/channel.js", "stripe/element.js", "stripe/elements.js", "stripe/modal.js", "stripe/intents.js",
	"stripe/payment.js", "stripe/methods.js", "stripe/checkout.js", "stripe/stripe.js"}

var exports = regexp.MustCompile(`(?m)^export `)

// Script is stripe.js for a sandbox at an address. The address is that of the
// script itself; what is written here serves pages that load it as a copy.
func Script(base string) []byte {
	var b bytes.Buffer
	b.WriteString("(() => {\n'use strict';\n")
	b.WriteString("const origin = document.currentScript?.src.match(/^(https?:\\/\\/[^/]+)\\/v3\\/?(\\?|$)/)?.[1] ?? '" + template.JSEscapeString(base) + "';\n")
	for _, name := range parts {
		// The frames import this file, the one script has no modules.
		b.Write(exports.ReplaceAll(File(name), nil))
	}
	b.WriteString("})();\n")
	return b.Bytes()
}

// File is an embedded file.
func File(name string) []byte {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err) // embedded at build time
	}
	return data
}

// Window is what stripe.js shows over the page: a bank's question, a voucher, or
// word to the page and the person that it is over.
type Window struct {
	Merchant, Amount, Last4, Action string
	Voucher, Number, Expires        string
	Over                            bool
}

var window = template.Must(template.ParseFS(files, "frame/window.html"))

func (v Window) Write(w io.Writer) error { return window.Execute(w, v) }

package site_test

import (
	"testing"

	"hearth/internal/testkit/browser"
	"hearth/internal/user"
)

// On a phone the whole way from the dates to the booking is there, and the
// price in the bar follows what the server says about the dates.
func TestPhonesCanBook(t *testing.T) {
	h := letting(t)
	nora := h.person(t, "Nora", user.Owner)
	h.payable(t, nora)
	home := h.home(t, nora, "Lakeside A-frame", nil)
	p := browser.New(t)
	p.Viewport(390, 844)
	p.Goto(h.URL("/homes/" + home.Slug))
	p.WaitText(".reserve-bar", "Choose dates")
	p.Fill(".book input[name=in]", h.days(10))
	p.Fill(".book input[name=out]", h.days(12))
	p.WaitText(".book .total", "$744 total for 2 nights")
	p.WaitText(".reserve-bar", "$744")
	p.Fill(".book input[name=out]", h.days(11))
	p.WaitText(".book .note", "at least 2 nights")
	p.WaitText(".reserve-bar", "Choose dates to see the total")
	p.Fill(".book input[name=out]", h.days(12))
	p.WaitText(".reserve-bar", "$744")
	p.Click(".book .btn-primary")
	p.WaitURL("/login") // the summary is for people we know
}

package stripesandbox

import "hearth/internal/stripesandbox/hosted"

// cheats are the values with a meaning, by the step that asks for them.
var cheats = map[string][]hosted.Cheat{
	"business": {
		{Field: "Website", Value: "https://accessible.stripe.com", Effect: "Accepted"},
		{Field: "Website", Value: "https://inaccessible.stripe.com", Effect: "Cannot be reached"},
		{Field: "Website", Value: "https://mismatch.stripe.com", Effect: "Does not fit the business"},
		{Field: "Website", Value: "https://disallowed.stripe.com", Effect: "Not allowed"},
	},
	"company": {
		{Field: "Tax number", Value: "000000000", Effect: "Verified"},
		{Field: "Tax number", Value: "222222222", Effect: "Verified at once"},
		{Field: "Tax number", Value: "111111111", Effect: "A document is asked for"},
		{Field: "Tax number", Value: "111111112", Effect: "Never issued"},
		{Field: "Address", Value: "address_full_match", Effect: "Verified"},
		{Field: "Address", Value: "address_no_match", Effect: "Charges only"},
		{Field: "Address", Value: "address_line1_no_match", Effect: "Neither charges nor payouts"},
	},
	"details": personCheats, "person": personCheats,
	"bank": bankCheats(),
}

var personCheats = []hosted.Cheat{
	{Field: "Date of birth", Value: "1901-01-01", Effect: "Verified (any other day: a document is asked for)"},
	{Field: "Date of birth", Value: "1902-01-01", Effect: "Verified at once"},
	{Field: "Date of birth", Value: "1900-01-01", Effect: "On a sanctions list"},
	{Field: "Address", Value: "address_full_match", Effect: "Verified"},
	{Field: "Address", Value: "address_no_match", Effect: "A second document is asked for"},
	{Field: "SSN", Value: "0000", Effect: "Verified"},
	{Field: "SSN", Value: "1111", Effect: "The whole number is asked for"},
}

func bankCheats() (rows []hosted.Cheat) {
	for _, n := range hosted.TestBankAccounts {
		rows = append(rows, hosted.Cheat{Field: "Account", Value: n.Number, Effect: n.Effect})
	}
	return append(rows, hosted.Cheat{Field: "Debit card", Value: "4000056655665556", Effect: "Payouts arrive"},
		hosted.Cheat{Field: "Debit card", Value: failingDebitCard, Effect: "Payouts fail"})
}

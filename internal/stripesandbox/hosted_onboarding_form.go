package stripesandbox

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

// testCode is the code that no message carries.
const testCode = "000-000"

// entries are the values of a step's fields by name.
type entries map[string]string

// readStep reads the posted fields of a step over what is known already; a field
// that was not asked again keeps its value. A file goes before the choice beside it.
func (s *Server) readStep(r *http.Request, a *Account, fields []formField) (entries, error) {
	values := entries{}
	for _, f := range fields {
		values[f.Name] = s.holds(a, f)
		if r.PostForm.Has(f.Name) {
			values[f.Name] = strings.TrimSpace(r.PostForm.Get(f.Name))
		}
		if f.Type != "file" || r.MultipartForm == nil || len(r.MultipartForm.File[f.Name+"_file"]) == 0 {
			continue
		}
		head := r.MultipartForm.File[f.Name+"_file"][0]
		if head.Size == 0 {
			continue
		}
		part, err := head.Open()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(part)
		part.Close()
		if err != nil {
			return nil, err
		}
		file, err := s.addFile(a.ID, "identity_document", head.Filename, data)
		if err != nil {
			return values, err
		}
		values[f.Name] = file.ID
	}
	return values, nil
}

// checkStep finds what is missing or cannot be.
func checkStep(fields []formField, values entries, now time.Time) map[string]string {
	wrong := map[string]string{}
	for _, f := range fields {
		v := values[f.Name]
		if v == "" {
			if !f.optional {
				wrong[f.Name] = "This is needed."
			}
			continue
		}
		if message := mistake(f.Name, v, now); message != "" {
			wrong[f.Name] = message
		}
	}
	return wrong
}

// mistake is what can be seen to be wrong with a value.
func mistake(name, v string, now time.Time) string {
	ok, message := true, ""
	switch name {
	case "email":
		ok, message = emailShape.MatchString(v), "Enter your e-mail address."
	case "phone", "company_phone", "support_phone":
		ok, message = len(digits(v)) >= 7, "Enter a telephone number."
	case "code":
		ok, message = digits(v) == digits(testCode), "Enter 000-000, the sandbox’s code."
	case "dob":
		_, err := time.Parse(time.DateOnly, v)
		ok, message = err == nil, "Enter the date as YYYY-MM-DD."
	case "ssn_last_4":
		ok, message = len(v) == 4 && digits(v) == v, "Enter four digits."
	case "id_number", "tax_id":
		ok, message = len(digits(v)) == 9, "Enter nine digits."
	case "routing_number":
		ok, message = len(digits(v)) == 9, "A routing number has nine digits."
	case "account_number":
		ok, message = len(digits(v)) >= 4, "Enter the account number."
	case "card_number":
		ok, message = len(digits(v)) >= 12, "Your card number is incomplete."
	case "card_expiry":
		_, _, message = readExpiry(v, now)
		ok = message == ""
	case "url":
		ok, message = isURL(v), "Enter an address that begins with https://."
	case "statement_descriptor":
		ok, message = len(v) >= 5 && len(v) <= 22, "Enter 5 to 22 letters."
	}
	if ok {
		return ""
	}
	return message
}

// fillStep is the button that types for the person; values that are right stay.
func (s *Server) fillStep(v onboardingVisit, fields []formField, values entries) entries {
	for _, f := range fields {
		if values[f.Name] == "" || s.isDue(v, f) {
			values[f.Name] = f.test
		}
	}
	return values
}

// keep saves what is right of a step.
func (s *Server) keep(a *Account, fields []formField, values entries, wrong map[string]string) error {
	before := s.snapshot(a)
	bank := false
	for _, f := range fields {
		v := values[f.Name]
		switch {
		case v == "" || wrong[f.Name] != "" || f.Name == "code":
		case f.fact == "external_account":
			bank = true
		case f.Name == "dob":
			if born, err := time.Parse(time.DateOnly, v); err == nil {
				s.learn(a, f.fact+".year", strconv.Itoa(born.Year()))
				s.learn(a, f.fact+".month", strconv.Itoa(int(born.Month())))
				s.learn(a, f.fact+".day", strconv.Itoa(born.Day()))
			}
		case f.Name == "statement_descriptor":
			a.Settings.Payments[f.Name] = text(v)
		case f.fact == ownershipFiles:
			s.learn(a, f.fact, v)
			s.proveBanks(a)
		case f.Type == "file":
			s.learn(a, f.fact+".front", v)
		case v != s.fact(a, f.fact):
			s.learn(a, f.fact, v)
			if strings.HasSuffix(f.fact, "address.line1") {
				s.learn(a, strings.TrimSuffix(f.fact, "line1")+"country", a.Country)
			}
		}
	}
	if bank && len(wrong) == 0 {
		if err := s.takeBank(a, values); err != nil {
			return err
		}
	}
	s.changed(a, before)
	return nil
}

// takeBank makes a bank account or card the one that payouts go to, unless it is already.
func (s *Server) takeBank(a *Account, values entries) error {
	ba := BankAccount{Number: values["account_number"], Routing: text(values["routing_number"]), Country: a.Country, Currency: a.DefaultCurrency}
	if number := digits(values["card_number"]); number != "" {
		month, year, _ := readExpiry(values["card_expiry"], time.Unix(s.now, 0))
		ba.Number, ba.Card = number, &DebitCard{ExpMonth: int64(month), ExpYear: int64(year)}
	}
	if b := s.payoutDefault(a, a.DefaultCurrency); b != nil && !a.PayoutsOff && b.Number == ba.Number && b.Routing == ba.Routing {
		return nil
	}
	_, err := s.addBank(a, ba, true)
	return err
}

// shownFields are a step's fields with their values, and what is known already
// apart from what is asked.
func (s *Server) shownFields(v onboardingVisit, fields []formField, values entries, wrong map[string]string, all bool) (asked []hosted.Field, known []hosted.KnownField) {
	for _, f := range fields {
		if had := s.holds(v.account, f); had != "" && !all && !s.isDue(v, f) && wrong[f.Name] == "" && f.Type != "file" {
			known = append(known, hosted.KnownField{Name: f.Name, Label: f.Label, Value: masked(f, had)})
			continue
		}
		f.Value, f.Error = values[f.Name], wrong[f.Name]
		if f.Name == "business_type" {
			f.Value = orElse(f.Value, "individual")
		}
		asked = append(asked, f.Field)
	}
	return asked, known
}

// masked shows numbers that should not be read over a shoulder by their end.
func masked(f formField, v string) string {
	switch f.Name {
	case "ssn_last_4", "id_number", "tax_id":
		return "••••"
	case "account_number", "card_number":
		return "•••• " + v[max(0, len(v)-4):]
	}
	for _, o := range f.Options {
		if o.Value == v {
			return o.Label
		}
	}
	return v
}

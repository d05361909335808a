package hosted

// TestNumber is a card or bank account number that makes something happen.
type TestNumber struct{ Number, Effect string }

// TestCards are the numbers the sandbox gives a meaning, the everyday ones
// first. Any future expiry and any security code go with them.
var TestCards = []TestNumber{
	{"4242424242424242", "Succeeds"},
	{"4000002760003184", "Asks for 3D Secure"},
	{"4000000000000002", "Declined"},
	{"4000000000009995", "Declined: insufficient funds"},
	{"4000000000000069", "Declined: expired card"},
	{"4000000000000127", "Declined: incorrect CVC"},
	{"4000000000000119", "Declined: processing error"},
	{"4000000000009987", "Declined: lost card"},
	{"4000000000009979", "Declined: stolen card"},
	{"4000008400001629", "3D Secure, then declined"},
	{"4242424242424241", "Incorrect number"},
	{"4000000000000077", "Succeeds, funds available at once"},
	{"4000000000000259", "Succeeds, then disputed as fraudulent"},
	{"4000000000002685", "Succeeds, then disputed: not received"},
	{"4000000000001976", "Succeeds, then an inquiry"},
	{"4000000000005423", "Succeeds, then an early fraud warning"},
	{"4000000000007726", "Succeeds; a refund is pending first"},
	{"4000000000005126", "Succeeds; a refund fails later"},
}

// TestIBANs are SEPA accounts; debits take three days of sandbox time.
var TestIBANs = []TestNumber{
	{"AT611904300234573201", "Succeeds after 3 days"},
	{"AT861904300235473202", "Fails after 3 days"},
	{"AT591904300235473203", "Succeeds, then disputed"},
}

// TestAccounts are US bank accounts at routing number 110000000; debits take
// four business days of sandbox time.
var TestAccounts = []TestNumber{
	{"000123456789", "Succeeds after 4 business days"},
	{"000222222227", "Fails: insufficient funds"},
	{"000111111113", "Fails: account closed"},
	{"000111111116", "Fails: no such account"},
	{"000333333335", "Fails: debit not authorised"},
	{"000444444440", "Fails: invalid currency"},
	{"000555555559", "Succeeds, then disputed"},
}

// TestBankAccounts are payout accounts at routing number 110000000.
var TestBankAccounts = []TestNumber{
	{"000123456789", "Payouts arrive"},
	{"000111111116", "Payouts fail: no account"},
	{"000111111113", "Payouts fail: account closed"},
	{"000222222227", "Payouts fail: insufficient funds"},
	{"000333333335", "Payouts fail: debit not authorised"},
	{"000444444440", "Payouts fail: invalid currency"},
}

// Choice is a choice of a list.
type Choice struct{ Value, Label string }

// Banks are those that iDEAL knows.
var Banks = []Choice{
	{"abn_amro", "ABN AMRO"}, {"asn_bank", "ASN Bank"}, {"bunq", "bunq"}, {"ing", "ING"}, {"knab", "Knab"}, {"n26", "N26"}, {"nn", "Nationale-Nederlanden"},
	{"rabobank", "Rabobank"}, {"regiobank", "RegioBank"}, {"revolut", "Revolut"}, {"sns_bank", "SNS"}, {"triodos_bank", "Triodos Bank"}, {"van_lanschot", "Van Lanschot"}, {"yoursafe", "Yoursafe"},
}

// Country is a choice of a country field.
type Country struct{ Code, Name string }

// Countries are those in which Stripe offers cards, the United States first.
var Countries = []Country{
	{"US", "United States"}, {"AU", "Australia"}, {"AT", "Austria"}, {"BE", "Belgium"}, {"BR", "Brazil"},
	{"CA", "Canada"}, {"CZ", "Czechia"}, {"DK", "Denmark"}, {"EE", "Estonia"}, {"FI", "Finland"},
	{"FR", "France"}, {"DE", "Germany"}, {"GR", "Greece"}, {"HU", "Hungary"}, {"IN", "India"},
	{"IE", "Ireland"}, {"IT", "Italy"}, {"JP", "Japan"}, {"LV", "Latvia"}, {"LT", "Lithuania"},
	{"LU", "Luxembourg"}, {"MX", "Mexico"}, {"NL", "Netherlands"}, {"NZ", "New Zealand"}, {"NO", "Norway"},
	{"PL", "Poland"}, {"PT", "Portugal"}, {"RO", "Romania"}, {"SG", "Singapore"}, {"SK", "Slovakia"},
	{"SI", "Slovenia"}, {"ES", "Spain"}, {"SE", "Sweden"}, {"CH", "Switzerland"}, {"GB", "United Kingdom"},
}

package stripesandbox

import (
	"maps"
	"net/http"
)

// routes is everything the sandbox answers. Hosted pages add theirs.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	sameSite := http.NewCrossOriginProtection() // there is no log-in: another site may not steer
	for pattern, op := range operations() {
		mux.HandleFunc(pattern, s.api(op))
	}
	for pattern, op := range clientOperations() {
		mux.HandleFunc(pattern, s.api(op))
	}
	mux.HandleFunc("OPTIONS /v1/", preflight)
	for pattern, fn := range s.controls() {
		mux.Handle(pattern, sameSite.Handler(s.control(fn)))
	}
	mux.HandleFunc("POST /oauth/token", s.oauth(s.oauthToken))
	mux.HandleFunc("POST /oauth/deauthorize", s.oauth(s.oauthDeauthorize))
	for _, path := range []string{"/oauth/authorize", "/express/oauth/authorize"} {
		mux.HandleFunc("GET "+path, s.consentShow)
		mux.Handle("POST "+path, sameSite.Handler(http.HandlerFunc(s.consentPost)))
	}
	mux.HandleFunc("GET /v1/files/{id}/contents", s.fileContents)
	mux.HandleFunc("GET /links/{token}", s.fileOpen)
	mux.HandleFunc("/v1/", s.unknownURL)
	s.hostedRoutes(mux)
	return mux
}

// controls steer the world from outside: JSON in and out, from loopback only.
func (s *Server) controls() map[string]func(*http.Request, *controls) (any, error) {
	return map[string]func(*http.Request, *controls) (any, error){
		"GET /_sandbox/clock":                        s.controlClock,
		"POST /_sandbox/clock":                       s.controlClock,
		"POST /_sandbox/checkout/{id}/pay":           s.controlPay,
		"POST /_sandbox/intents/{id}/challenge":      s.controlChallenge,
		"POST /_sandbox/intents/{id}/debit":          s.controlDebit,
		"POST /_sandbox/accounts/{id}/onboard":       s.controlOnboard,
		"POST /_sandbox/accounts/{id}/deauthorize":   s.controlDeauthorize,
		"POST /_sandbox/charges/{id}/dispute":        s.controlDispute,
		"POST /_sandbox/disputes/{id}/resolve":       s.controlResolve,
		"POST /_sandbox/refunds/{id}/fail":           s.controlFailRefund,
		"POST /_sandbox/refunds/{id}/complete":       s.controlRefundTo,
		"POST /_sandbox/payouts/{id}/fail":           s.controlFailPayout,
		"POST /_sandbox/topups/{id}/resolve":         s.controlTopup,
		"GET /_sandbox/webhooks":                     s.controlWebhooks,
		"POST /_sandbox/webhooks":                    s.controlWebhooks,
		"POST /_sandbox/webhooks/flush":              s.controlFlush,
		"POST /_sandbox/webhook_endpoints/{id}/roll": s.controlRoll,
		"GET /_sandbox/deliveries":                   s.controlDeliveries,
		"POST /_sandbox/events/{id}/resend":          s.controlResend,
		"GET /_sandbox/faults":                       s.controlFaults,
		"POST /_sandbox/faults":                      s.controlFaults,
		"DELETE /_sandbox/faults":                    s.controlFaults,
		"GET /_sandbox/ledger":                       s.controlLedger,
		"GET /_sandbox/export":                       s.controlExport,
		"POST /_sandbox/import":                      s.controlImport,
		"POST /_sandbox/reset":                       s.controlReset,
	}
}

// operations is the API: what stripe-go calls. Every area keeps its own.
func operations() map[string]operation {
	all := coreOperations()
	for _, area := range []func() map[string]operation{
		catalogOperations,
		chargeOperations,
		clockOperations,
		subscriptionOperations,
		invoiceOperations,
		customerOperations,
		intentOperations,
		methodOperations,
		paymentPageOperations,
		accountOperations,
		fileOperations,
		reviewOperations,
		topupOperations,
		setupOperations,
		ledgerOperations,
		sourceOperations,
		tokenOperations,
	} {
		maps.Copy(all, area())
	}
	return all
}

func coreOperations() map[string]operation {
	return map[string]operation{
		"GET /v1/balance":                   (*call).getBalance,
		"GET /v1/balance_transactions":      (*call).listTxns,
		"GET /v1/balance_transactions/{id}": (*call).getTxn,
		"GET /v1/balance/history":           (*call).listTxns,

		"POST /v1/checkout/sessions":                (*call).createSession,
		"GET /v1/checkout/sessions":                 (*call).listSessions,
		"GET /v1/checkout/sessions/{id}":            (*call).getSession,
		"GET /v1/checkout/sessions/{id}/line_items": (*call).sessionLines,
		"POST /v1/checkout/sessions/{id}/expire":    (*call).expireSession,

		"POST /v1/refunds":             (*call).createRefund,
		"GET /v1/refunds":              (*call).listRefunds,
		"GET /v1/refunds/{id}":         (*call).getRefund,
		"POST /v1/refunds/{id}":        (*call).updateRefund,
		"POST /v1/refunds/{id}/cancel": (*call).cancelRefund,

		"GET /v1/disputes":                        (*call).listDisputes,
		"GET /v1/disputes/{id}":                   (*call).getDispute,
		"POST /v1/disputes/{id}":                  (*call).updateDispute,
		"POST /v1/disputes/{id}/close":            (*call).closeDispute,
		"GET /v1/radar/early_fraud_warnings":      (*call).listWarnings,
		"GET /v1/radar/early_fraud_warnings/{id}": (*call).getWarning,

		"POST /v1/transfers":                     (*call).createTransfer,
		"GET /v1/transfers":                      (*call).listTransfers,
		"GET /v1/transfers/{id}":                 (*call).getTransfer,
		"POST /v1/transfers/{id}":                (*call).updateTransfer,
		"POST /v1/transfers/{id}/reversals":      (*call).createReversal,
		"GET /v1/transfers/{id}/reversals":       (*call).listReversals,
		"GET /v1/transfers/{id}/reversals/{sub}": (*call).getReversal,

		"GET /v1/application_fees":                    (*call).listFees,
		"GET /v1/application_fees/{id}":               (*call).getFee,
		"POST /v1/application_fees/{id}/refunds":      (*call).createFeeRefund,
		"GET /v1/application_fees/{id}/refunds":       (*call).listFeeRefunds,
		"GET /v1/application_fees/{id}/refunds/{sub}": (*call).getFeeRefund,

		"POST /v1/payouts":              (*call).createPayout,
		"GET /v1/payouts":               (*call).listPayouts,
		"GET /v1/payouts/{id}":          (*call).getPayout,
		"POST /v1/payouts/{id}":         (*call).updatePayout,
		"POST /v1/payouts/{id}/cancel":  (*call).cancelPayout,
		"POST /v1/payouts/{id}/reverse": (*call).reversePayout,

		"GET /v1/events":                    (*call).listEvents,
		"GET /v1/events/{id}":               (*call).getEvent,
		"POST /v1/events/{id}/retry":        (*call).retryEvent,
		"POST /v1/webhook_endpoints":        (*call).createEndpoint,
		"GET /v1/webhook_endpoints":         (*call).listEndpoints,
		"GET /v1/webhook_endpoints/{id}":    (*call).getEndpoint,
		"POST /v1/webhook_endpoints/{id}":   (*call).updateEndpoint,
		"DELETE /v1/webhook_endpoints/{id}": (*call).deleteEndpoint,
	}
}

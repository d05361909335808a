package main

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// front leads people and webhooks to a process that lives, as a load balancer
// would. When it dies under the request, the answer is 502.
func (w *world) front() http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: w.alive()})
			r.Out.Host = r.In.Host
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		},
		ErrorHandler: func(out http.ResponseWriter, _ *http.Request, _ error) { out.WriteHeader(http.StatusBadGateway) },
		Transport:    &http.Transport{MaxIdleConnsPerHost: 32},
		ErrorLog:     slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug), // a body that ends with its process
	}
	return proxy
}

// alive is the address of a process; of none, when all are down.
func (w *world) alive() string {
	first := rand.IntN(processes) // #nosec G404
	for i := range processes {
		if address := w.slots[(first+i)%processes].where(); address != "" {
			return address
		}
	}
	return "127.0.0.1:1" // nobody answers there
}

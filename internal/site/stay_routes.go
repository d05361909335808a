package site

// stayRoutes are the pages about a booking: the tenant's trip, the same stay as
// its homeowner sees it, and where a request is answered.
func (s *Server) stayRoutes() []Route {
	return []Route{
		get("/homes/{slug}/book", SignedIn, s.getBook),
		post("/homes/{slug}/book", Verified, s.postBook).limited(bookings),

		get("/trips", SignedIn, s.getTrips),
		get("/trips/{code}", SignedIn, s.getTrip),
		get("/trips/{code}/confirming", SignedIn, s.getTripConfirming),
		get("/trips/{code}/events", SignedIn, s.getTripEvents),
		get("/trips/{code}/held", SignedIn, s.getTripHeld),
		post("/trips/{code}/continue", SignedIn, s.postTripContinue).limited(bookings),
		post("/trips/{code}/release", SignedIn, s.postTripRelease).limited(bookings),
		get("/trips/{code}/cancel", SignedIn, s.getTripCancel),
		post("/trips/{code}/cancel", SignedIn, s.postTripCancel).limited(bookings),
		post("/trips/{code}/withdraw", SignedIn, s.postTripWithdraw).limited(bookings),
		get("/trips/{code}/receipt", SignedIn, s.getTripReceipt),

		get("/owner/stays/{code}", Owner, s.getOwnerStay),
		get("/owner/stays/{code}/cancel", Owner, s.getOwnerStayCancel),
		post("/owner/stays/{code}/cancel", Owner, s.postOwnerStayCancel).limited(bookings),
		get("/owner/stays/{code}/answer", Owner, s.getStayAnswer(s.ownerRefunds())),
		post("/owner/stays/{code}/answer", Owner, s.postStayAnswer(s.ownerRefunds())).limited(bookings),
		get("/admin/bookings/{code}/answer", Admin, s.getStayAnswer(s.adminRefundDesk())),
		post("/admin/bookings/{code}/answer", Admin, s.postStayAnswer(s.adminRefundDesk())),
		get("/owner/stays/{code}/refund", Owner, s.getStayRefund(s.ownerRefunds())),
		post("/owner/stays/{code}/refund", Owner, s.postStayRefund(s.ownerRefunds())).limited(bookings),
	}
}

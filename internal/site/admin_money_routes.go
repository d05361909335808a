package site

// adminMoneyRoutes are the admin's pages about bookings and what was paid back.
func (s *Server) adminMoneyRoutes() []Route {
	return []Route{
		get("/admin/bookings", Admin, s.getAdminBookings),
		get("/admin/bookings.csv", Admin, s.getAdminBookingsCSV),
		get("/admin/bookings/{code}", Admin, s.getAdminBookingShow),
		get("/admin/bookings/{code}/refund", Admin, s.getStayRefund(s.adminRefundDesk())),
		post("/admin/bookings/{code}/refund", Admin, s.postStayRefund(s.adminRefundDesk())),
		get("/admin/bookings/{code}/cancel", Admin, s.getAdminBookingCancel),
		post("/admin/bookings/{code}/cancel", Admin, s.postAdminBookingCancel),
		get("/admin/refunds", Admin, s.getAdminRefunds),
		get("/admin/refunds/bulk", Admin, s.getAdminRefundsBulk),
		post("/admin/refunds/bulk", Admin, s.postAdminRefundsBulk),
	}
}

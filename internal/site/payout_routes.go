package site

// payoutRoutes are a homeowner's day and money, and the admins' view of their
// accounts. Setting up payouts makes somebody a homeowner, so its pages are for
// everybody with an account.
func (s *Server) payoutRoutes() []Route {
	return []Route{
		get("/owner", SignedIn, s.getOwnerToday),
		get("/owner/stays", Owner, s.getOwnerStays),
		get("/owner/payouts", SignedIn, s.getOwnerPayouts),
		post("/owner/payouts/setup", Verified, s.postOwnerPayoutsSetup).limited(bookings),
		get("/owner/payouts/refresh", SignedIn, s.getOwnerPayoutsRefresh).limited(bookings),
		get("/owner/payouts/return", SignedIn, s.getOwnerPayoutsReturn).limited(bookings),
		post("/owner/payouts/dashboard", SignedIn, s.postOwnerPayoutsDashboard).limited(bookings),

		get("/admin/accounts", Admin, s.getAdminAccounts),
		post("/admin/accounts/{acct}/remind", Admin, s.postAdminAccountRemind),
	}
}

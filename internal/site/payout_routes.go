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
		post("/owner/payouts/schedule", Owner, s.postOwnerPayoutsSchedule).limited(bookings),
		post("/owner/payouts/now", Owner, s.postOwnerPayoutsNow).limited(bookings),
		get("/owner/payouts/stays/{code}", Owner, s.getOwnerStayMoney),
		get("/owner/statements", Owner, s.getStatements(s.ownerStatements())),
		get("/owner/statements/{month}.csv", Owner, s.getStatementCSV(s.ownerStatements())),
		get("/owner/statements/{month}.pdf", Owner, s.getStatementPDF(s.ownerStatements())),

		get("/admin/accounts", Admin, s.getAdminAccounts),
		post("/admin/accounts/{acct}/remind", Admin, s.postAdminAccountRemind),
		get("/admin/accounts/{acct}/statements", Admin, s.getStatements(s.adminStatements())),
		get("/admin/accounts/{acct}/statements/{month}.csv", Admin, s.getStatementCSV(s.adminStatements())),
		get("/admin/accounts/{acct}/statements/{month}.pdf", Admin, s.getStatementPDF(s.adminStatements())),
		get("/admin/debts", Admin, s.getAdminDebts),
		get("/admin/debts.csv", Admin, s.getAdminDebtsCSV),
	}
}

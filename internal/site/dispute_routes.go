package site

// disputeRoutes are the admins' pages about one dispute. Whatever goes to the
// bank, or takes money from somebody, asks first.
func (s *Server) disputeRoutes() []Route {
	return []Route{
		get("/admin/disputes/{id}", Admin, s.getAdminDisputeShow),
		get("/admin/disputes/{id}/evidence", Admin, s.getAdminDisputeEvidence),
		post("/admin/disputes/{id}/evidence", Admin, s.postAdminDisputeEvidence),
		get("/admin/disputes/{id}/papers/{field}", Admin, s.getAdminDisputePaper),
		get("/admin/disputes/{id}/files/{file}", Admin, s.getAdminDisputeFile),
		get("/admin/disputes/{id}/{act}", Admin, s.getAdminDisputeAsk),
		post("/admin/disputes/{id}/{act}", Admin, s.postAdminDisputeAsk),
	}
}

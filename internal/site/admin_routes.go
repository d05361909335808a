package site

// adminRoutes are the admins' pages about people, homes, disputes and what
// admins did. What an admin does to somebody or something asks first: a page
// with the reason, and a POST to the same address.
func (s *Server) adminRoutes() []Route {
	return []Route{
		get("/admin", Admin, s.getAdminOverview),
		get("/admin/people", Admin, s.getAdminPeople),
		get("/admin/people/{id}", Admin, s.getAdminPersonShow),
		get("/admin/people/{id}/{act}", Admin, s.getAdminPersonAct),
		post("/admin/people/{id}/{act}", Admin, s.postAdminPersonAct),
		get("/admin/homes", Admin, s.getAdminHomes),
		get("/admin/homes/{id}", Admin, s.getAdminHomeShow),
		get("/admin/homes/{id}/{act}", Admin, s.getAdminHomeAct),
		post("/admin/homes/{id}/{act}", Admin, s.postAdminHomeAct),
		get("/admin/disputes", Admin, s.getAdminDisputes),
		get("/admin/audit", Admin, s.getAdminAudit),
	}
}

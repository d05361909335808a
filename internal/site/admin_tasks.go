package site

import (
	"net/http"
	"time"

	"hearth/internal/audit"
	"hearth/internal/postgres"
	"hearth/internal/task"
	"hearth/internal/view"

	"github.com/jackc/pgx/v5"
)

// adminTaskRoutes are the admins' list of what needs a person.
func (s *Server) adminTaskRoutes() []Route {
	return []Route{
		get("/admin/tasks", Admin, s.getAdminTasks),
		get("/admin/tasks/{id}", Admin, s.getAdminTaskShow),
		post("/admin/tasks/{id}", Admin, s.postAdminTaskShow),
	}
}

// adminTasksPage is every task, open or closed.
type adminTasksPage struct {
	page
	Open  bool
	Tasks []taskRow
	Tabs  []view.Tab
	Pager view.Pager
}

// taskRow is a task with the time that is left for it.
type taskRow struct {
	task.Listed
	now time.Time
}

// What is the cause's kind in words.
func (t taskRow) What() string { return spoken(t.Kind) }

// Left is the time that is left in words; "" when there is no date.
func (t taskRow) Left() string {
	if t.DueAt == nil {
		return ""
	}
	return countdown(t.now, *t.DueAt)
}

// Urgent reports that less than three days are left.
func (t taskRow) Urgent() bool { return t.DueAt != nil && t.DueAt.Sub(t.now) < 72*time.Hour }

const tasksPerPage = 50

func (s *Server) getAdminTasks(w http.ResponseWriter, r *http.Request) error {
	p := adminTasksPage{page: s.base(r, "Tasks"), Open: r.URL.Query().Get("state") != "closed"}
	p.Nav = "admin:tasks"
	open, closed, err := task.Count(r.Context(), s.DB)
	if err != nil {
		return err
	}
	p.Tabs = []view.Tab{{Name: "Open", Href: "/admin/tasks", N: open, Current: p.Open}, {Name: "Closed", Href: "/admin/tasks?state=closed", N: closed, Current: !p.Open}}
	total := open
	if !p.Open {
		total = closed
	}
	p.Pager = view.NewPager(r.URL, pageNumber(r), tasksPerPage, total)
	tasks, err := task.List(r.Context(), s.DB, p.Open, tasksPerPage, max(p.Pager.From-1, 0))
	if err != nil {
		return err
	}
	for _, k := range tasks {
		p.Tasks = append(p.Tasks, taskRow{k, s.Now()})
	}
	return s.render(w, "admin_tasks", p)
}

// adminTaskShowPage is one task; it is closed here, with a note.
type adminTaskShowPage struct {
	page
	Task   taskRow
	Facts  []view.Line
	Log    []auditLine
	Form   taskForm
	Errors map[string]string
}

type taskForm struct {
	Reason string `form:"reason"`
}

func (s *Server) getAdminTaskShow(w http.ResponseWriter, r *http.Request) error {
	return s.adminTaskShowPage(w, r, taskForm{}, nil)
}

func (s *Server) adminTaskShowPage(w http.ResponseWriter, r *http.Request, form taskForm, wrong error) error {
	k, err := task.ByID(r.Context(), s.DB, task.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := adminTaskShowPage{page: s.base(r, k.Title), Task: taskRow{k, s.Now()}, Form: form, Errors: formErrors(wrong)}
	p.Nav = "admin:tasks"
	p.Facts = taskFacts(p.Task)
	if p.Log, err = s.logOf(r.Context(), audit.Filter{Target: taskTarget(k.ID), Limit: 20}); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(w, wrong, "admin_task_show", p)
	}
	return s.render(w, "admin_task_show", p)
}

func taskFacts(k taskRow) []view.Line {
	facts := []view.Line{{Label: "Kind", Value: k.What()}, {Label: "Opened", Value: view.MomentZone(k.CreatedAt)}}
	add := func(label, value string) {
		if value != "" {
			facts = append(facts, view.Line{Label: label, Value: value})
		}
	}
	if k.DueAt != nil {
		add("Due", view.MomentZone(*k.DueAt))
	}
	add("Booking", k.BookingCode)
	add("Connected account", k.Account)
	add("Object at Stripe", k.ObjectID)
	if k.ClosedAt != nil {
		add("Closed", view.MomentZone(*k.ClosedAt))
		add("By", orElse(k.ClosedByName, "nobody: the cause went away"))
	}
	return facts
}

// spoken is a name with underscores in words: "Refund failed".
func spoken(name string) string {
	if name == "" {
		return ""
	}
	return titled(view.Spoken(name))
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func taskTarget(id task.ID) string { return "task:" + string(id) }

// postAdminTaskShow closes a task. The note is the reason in the audit log, in
// the same transaction.
func (s *Server) postAdminTaskShow(w http.ResponseWriter, r *http.Request) error {
	var form taskForm
	if err := decode(r, &form); err != nil {
		return err
	}
	form.Reason = reasonOf(form.Reason)
	k, err := task.ByID(r.Context(), s.DB, task.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	err = postgres.InTx(r.Context(), s.DB, func(tx pgx.Tx) error {
		if err := task.Done(r.Context(), tx, k.ID, me(r).ID, form.Reason, s.Now()); err != nil {
			return err
		}
		return audit.Record(r.Context(), tx, audit.Entry{ActorID: me(r).ID, Act: "close-task", Target: taskTarget(k.ID), Reason: form.Reason, IP: clientIP(r),
			Detail: map[string]string{"task": k.Title}}, s.Now())
	})
	if formErrors(err) != nil {
		return s.adminTaskShowPage(w, r, form, err)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "The task is closed.")
	return seeOther(w, r, "/admin/tasks")
}

package stripesandbox

import "strings"

func (c *call) createFileLink() (any, error) {
	id, until, metadata := c.need("file"), c.int("expires_at"), c.metadata("metadata", nil)
	if err := c.check(); err != nil {
		return nil, err
	}
	f, err := referred(c, c.files, id, "file upload", "file")
	if err != nil {
		return nil, err
	}
	if f.Purpose == "identity_document" || f.Purpose == "additional_verification" || f.Purpose == "account_requirement" {
		return nil, refuse("", "file", "You cannot create a file link for a file with the purpose `%s`.", f.Purpose)
	}
	if until != 0 && until <= c.now {
		return nil, refuse("", "expires_at", "expires_at must be in the future.")
	}
	return c.addFileLink(f, number(until), metadata), nil
}

func (s *Server) addFileLink(f *File, until number, metadata map[string]string) *FileLink {
	l := &FileLink{header: header{ID: newID("link_"), Object: "file_link", Created: s.now, Scope: f.Scope}, ExpiresAt: until, File: f.ID, Metadata: metadata}
	l.URL = s.baseURL + "/links/" + strings.TrimPrefix(l.ID, "link_")
	return s.fileLinks.add(l)
}

func (l *FileLink) expired(now int64) bool { return l.ExpiresAt != 0 && int64(l.ExpiresAt) <= now }

func (c *call) getFileLink() (any, error) {
	l, err := lookup(c, c.fileLinks, c.id, "file link", "link")
	if err != nil {
		return nil, err
	}
	return l, c.check()
}

func (c *call) updateFileLink() (any, error) {
	l, err := lookup(c, c.fileLinks, c.id, "file link", "link")
	if err != nil {
		return nil, err
	}
	l.Metadata = c.metadata("metadata", l.Metadata)
	if c.has("expires_at") {
		switch v := c.str("expires_at"); {
		case l.expired(c.now):
			return nil, refuse("", "expires_at", "This file link has expired already.")
		case v == "":
			l.ExpiresAt = 0
		case v == "now":
			l.ExpiresAt = number(c.now)
		default:
			l.ExpiresAt = number(c.int("expires_at"))
		}
	}
	return l, c.check()
}

func (c *call) listFileLinks() (any, error) {
	file, expired := c.wants("file"), c.wants("expired")
	return page(c, mine(c, c.fileLinks), func(l *FileLink) bool {
		state := "false"
		if l.expired(c.now) {
			state = "true"
		}
		return file(l.File) && expired(state)
	})
}

// linksOf are the links to a file.
func (s *Server) linksOf(f *File) map[string]any {
	var ids []string
	for l := range s.fileLinks.newest() {
		if l.File == f.ID {
			ids = append(ids, l.ID)
		}
	}
	m := s.sublist(ids, "/v1/file_links?file="+f.ID)
	delete(m, "total_count")
	return m
}

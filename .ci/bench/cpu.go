package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// processes are those whose time is ours: this one (the load, and for some
// variants the work), the server process and PostgreSQL's.
type processes struct{ self, server, database int }

// cpu is processor time since the machine started, or between two looks.
type cpu struct {
	cores                  int           // 0 where nothing is known
	total                  time.Duration // of all cores, idle or not
	busy                   time.Duration // of everybody, with what a hypervisor took away
	kernel                 time.Duration // its own threads: they also write our pages to disk
	self, server, database time.Duration
}

const tick = 10 * time.Millisecond // of /proc: USER_HZ is 100 everywhere

// look reads Linux's /proc; elsewhere nothing is known. Where PostgreSQL's
// processes end meanwhile it looks again: the time of one that is collected
// between being read and its parent being read would be nobody's.
func (p processes) look() cpu {
	for range 100 {
		ended := p.collected()
		if c := p.read(); c.cores == 0 || p.collected() == ended {
			return c
		}
	}
	return p.read()
}

// collected is the time of the database's processes that have ended.
func (p processes) collected() time.Duration {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.database))
	if err != nil {
		return 0
	}
	_, _, ended := times(line)
	return ended
}

func (p processes) read() cpu {
	var c cpu
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return c
	}
	c.cores, c.total, c.busy = machine(stat)
	paths, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, path := range paths {
		line, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended: its parent has its time
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		p.add(&c, pid, line)
	}
	return c
}

// add puts a process's time where it belongs. Children that have ended are in
// their parent's.
func (p processes) add(c *cpu, pid int, line []byte) {
	parent, own, ended := times(line)
	switch {
	case pid == p.database:
		c.database += own + ended
	case parent == p.database:
		c.database += own
	case pid == p.server:
		c.server += own + ended
	case pid == p.self:
		c.self += own + ended
	case parent == p.self:
		c.self += own
	case parent == 2 || pid == 2:
		c.kernel += own
	}
}

// times reads a line like "42 (a name) S 1 … utime stime cutime cstime …".
func times(line []byte) (parent int, own, ended time.Duration) {
	fields := strings.Fields(string(line[bytes.LastIndexByte(line, ')')+1:]))
	if len(fields) < 15 {
		return 0, 0, 0
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(fields[i])
		return n
	}
	return number(1), time.Duration(number(11)+number(12)) * tick, time.Duration(number(13)+number(14)) * tick
}

// machine reads "cpu  user nice system idle iowait irq softirq steal guest …"
// and counts the lines "cpu0 …" below. Guests are in user already.
func machine(stat []byte) (cores int, total, busy time.Duration) {
	first, rest, _ := strings.Cut(string(stat), "\n")
	fields := strings.Fields(first)
	for i := 1; i < min(9, len(fields)); i++ {
		n, _ := strconv.ParseInt(fields[i], 10, 64)
		total += time.Duration(n) * tick
		if i <= 3 || i == 8 {
			busy += time.Duration(n) * tick
		}
	}
	return strings.Count("\n"+rest, "\ncpu"), total, busy
}

func (c cpu) since(before cpu) cpu {
	return cpu{cores: c.cores, total: c.total - before.total, busy: c.busy - before.busy, kernel: c.kernel - before.kernel,
		self: c.self - before.self, server: c.server - before.server, database: c.database - before.database}
}

// unknown stands for a number of cores that this machine does not tell.
const unknown = -1

// foreignCores is how many cores other software had. It goes by the kernel's
// own sum and no clock: on a busy machine the two are read far apart.
func (c cpu) foreignCores() float64 {
	if c.cores == 0 || c.total <= 0 {
		return unknown
	}
	foreign := c.busy - c.kernel - c.self - c.server - c.database
	return max(0, float64(foreign)/float64(c.total)*float64(c.cores))
}

// Whose time is the price: the server's and the database's, or, where this
// process does the work itself, this one's and the database's.
func atServer(c cpu) time.Duration { return c.server + c.database }
func inHere(c cpu) time.Duration   { return c.self + c.database }

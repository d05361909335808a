package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
)

// client is one kept-alive connection. It sends requests as the bytes that
// they are: the load shares the machine with what is measured.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

func (w *world) connect(n int) ([]client, error) {
	clients := make([]client, n)
	for i := range clients {
		conn, err := net.Dial("tcp", w.address)
		if err != nil {
			return nil, err
		}
		clients[i] = client{conn, bufio.NewReaderSize(conn, 16<<10)}
	}
	return clients, nil
}

// do sends a request and reads its whole answer, which must be 200.
func (c client) do(request []byte, body io.Writer) error {
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(body, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", answer.Status)
	}
	return nil
}

func get(address, path, coding string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: %s\r\n\r\n", path, address, coding)
}

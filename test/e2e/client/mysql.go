package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log"
	"net"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// mysqlSystem is MySQL or MariaDB: a table for each set, without a key.
type mysqlSystem struct {
	config
	processlist string // the table of connections, which has another schema in each
}

type mysqlConnection struct {
	pool *sql.DB
	// conn is the one connection. Calls of it are never made again on another, as those of a pool are.
	conn *sql.Conn
}

func (m mysqlSystem) dial(ctx context.Context, host, user, key, tls string) (mysqlConnection, error) {
	password, err := m.credential(key)
	if err != nil {
		return mysqlConnection{}, err
	}
	c := mysql.NewConfig()
	c.Net, c.Addr, c.User, c.Passwd, c.TLSConfig = "tcp", withPort(host, "3306"), user, password, tls
	c.Timeout = writeTimeout
	c.InterpolateParams = true // one round trip for a write
	c.Logger = log.New(io.Discard, "", 0)
	if user == m.username {
		c.DBName = m.database
	}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return mysqlConnection{}, fmt.Errorf("make a configuration: %w", err)
	}
	pool := sql.OpenDB(connector)
	conn, err := pool.Conn(ctx)
	if err != nil {
		pool.Close() //nolint:errcheck // nothing was opened
		return mysqlConnection{}, fmt.Errorf("log in to %s as %s: %w", host, user, err)
	}
	return mysqlConnection{pool: pool, conn: conn}, nil
}

func (m mysqlSystem) connect(ctx context.Context) (connection, error) {
	// Without TLS, as most applications; the password is encrypted with the server's key.
	c, err := m.dial(ctx, m.host, m.username, "password", "")
	if err != nil {
		return nil, err
	}
	return c, nil
}

func quoted(set string) string { return "`" + set + "`" }

func (c mysqlConnection) prepare(ctx context.Context, set string) error {
	_, err := c.conn.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+quoted(set)+" (id bigint NOT NULL, payload varchar(64) NOT NULL)")
	return err
}

func (c mysqlConnection) write(ctx context.Context, set string, r row) error {
	_, err := c.conn.ExecContext(ctx, "INSERT INTO "+quoted(set)+" VALUES (?, ?)", r.id, r.payload)
	return err
}

func (c mysqlConnection) load(ctx context.Context, set string, rows []row) error {
	for batch := range batches(rows, 1000) {
		values := make([]any, 0, 2*len(batch))
		for _, r := range batch {
			values = append(values, r.id, r.payload)
		}
		marks := strings.TrimSuffix(strings.Repeat("(?, ?), ", len(batch)), ", ")
		if _, err := c.conn.ExecContext(ctx, "INSERT INTO "+quoted(set)+" VALUES "+marks, values...); err != nil {
			return fmt.Errorf("insert ids %d to %d: %w", batch[0].id, batch[len(batch)-1].id, err)
		}
	}
	return nil
}

func (c mysqlConnection) read(ctx context.Context, set string) ([]row, error) {
	found, err := c.conn.QueryContext(ctx, "SELECT id, payload FROM "+quoted(set))
	if err != nil {
		return nil, err
	}
	defer found.Close() //nolint:errcheck // Err says what went wrong
	var rows []row
	for found.Next() {
		var r row
		if err := found.Scan(&r.id, &r.payload); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, found.Err()
}

func (c mysqlConnection) close() {
	c.conn.Close() //nolint:errcheck // it is gone either way
	c.pool.Close() //nolint:errcheck // it is gone either way
}

func (m mysqlSystem) role(ctx context.Context, host string) (answer, error) {
	c, err := m.dial(ctx, host, m.username, "password", "")
	if err != nil {
		return answer{}, err
	}
	defer c.close()
	return c.identify(ctx)
}

func (c mysqlConnection) identify(ctx context.Context) (answer, error) {
	var readOnly string
	a := answer{Role: rolePrimary}
	if err := c.conn.QueryRowContext(ctx, "SELECT @@global.read_only, @@hostname").Scan(&readOnly, &a.Member); err != nil {
		return answer{}, fmt.Errorf("ask for the role: %w", err)
	}
	// Some versions of MariaDB have more words than two.
	if readOnly != "0" && readOnly != "OFF" {
		a.Role = roleReplica
	}
	return a, nil
}

// members asks as "replication" where the pattern has it: the application's user sees its own
// connections only. SHOW REPLICAS is not for that user in MariaDB, but the connections that
// take the binary log say the same in both.
func (m mysqlSystem) members(ctx context.Context) ([]member, error) {
	if !m.hasCredential("replication-password") {
		a, err := m.role(ctx, m.host)
		return []member{{Name: a.Member, Role: a.Role, Healthy: true}}, err
	}
	// The user must come over TLS; the certificate may be one that the server made itself.
	c, err := m.dial(ctx, m.host, "replication", "replication-password", "skip-verify")
	if err != nil {
		return nil, err
	}
	defer c.close()
	primary, err := c.identify(ctx)
	if err != nil {
		return nil, err
	}
	members := []member{{Name: primary.Member, Role: primary.Role, Healthy: true}}
	found, err := c.conn.QueryContext(ctx, "SELECT host FROM "+m.processlist+" WHERE command LIKE 'Binlog Dump%'")
	if err != nil {
		return nil, fmt.Errorf("ask for the replicas: %w", err)
	}
	defer found.Close() //nolint:errcheck // Err says what went wrong
	for found.Next() {
		var address string
		if err := found.Scan(&address); err != nil {
			return nil, fmt.Errorf("read the replicas: %w", err)
		}
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			host = address
		}
		members = append(members, member{Name: m.memberAt(ctx, host), Role: roleReplica, Healthy: true})
	}
	return members, found.Err()
}

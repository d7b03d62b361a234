package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// postgresql has a table for each set, without a key: a row that is there twice must be seen.
type postgresql struct{ config }

type postgresqlConnection struct{ conn *pgx.Conn }

// dial logs in to host as user, with the password under key.
func (p postgresql) dial(ctx context.Context, host, user, key string) (*pgx.Conn, error) {
	password, err := p.credential(key)
	if err != nil {
		return nil, err
	}
	// TLS where the server has it, as libpq does.
	c, err := pgx.ParseConfig("host=" + host + " port=5432 sslmode=prefer")
	if err != nil {
		return nil, fmt.Errorf("make a configuration: %w", err)
	}
	c.User, c.Password, c.Database = user, password, p.database
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("log in to %s as %s: %w", host, user, err)
	}
	return conn, nil
}

func (p postgresql) connect(ctx context.Context) (connection, error) {
	conn, err := p.dial(ctx, p.host, p.username, "password")
	if err != nil {
		return nil, err
	}
	return postgresqlConnection{conn}, nil
}

func table(set string) string { return pgx.Identifier{set}.Sanitize() }

func (c postgresqlConnection) prepare(ctx context.Context, set string) error {
	_, err := c.conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+table(set)+" (id bigint NOT NULL, payload text NOT NULL)")
	return err
}

func (c postgresqlConnection) write(ctx context.Context, set string, r row) error {
	_, err := c.conn.Exec(ctx, "INSERT INTO "+table(set)+" VALUES ($1, $2)", r.id, r.payload)
	return err
}

func (c postgresqlConnection) load(ctx context.Context, set string, rows []row) error {
	_, err := c.conn.CopyFrom(ctx, pgx.Identifier{set}, []string{"id", "payload"},
		pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) { return []any{rows[i].id, rows[i].payload}, nil }))
	return err
}

func (c postgresqlConnection) read(ctx context.Context, set string) ([]row, error) {
	found, err := c.conn.Query(ctx, "SELECT id, payload FROM "+table(set))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, func(found pgx.CollectableRow) (r row, err error) {
		err = found.Scan(&r.id, &r.payload)
		return r, err
	})
}

// close says goodbye only if that takes no time: a server that is away would hold it up.
func (c postgresqlConnection) close() {
	ctx, cancel := context.WithTimeout(context.Background(), reconnectPause)
	defer cancel()
	c.conn.Close(ctx) //nolint:errcheck // it is gone either way
}

func (p postgresql) role(ctx context.Context, host string) (answer, error) {
	conn, err := p.dial(ctx, host, p.username, "password")
	if err != nil {
		return answer{}, err
	}
	defer postgresqlConnection{conn}.close()
	return p.identify(ctx, conn)
}

func (p postgresql) identify(ctx context.Context, conn *pgx.Conn) (answer, error) {
	var replica bool
	var ip string
	if err := conn.QueryRow(ctx, "SELECT pg_is_in_recovery(), host(inet_server_addr())").Scan(&replica, &ip); err != nil {
		return answer{}, fmt.Errorf("ask for the role: %w", err)
	}
	a := answer{Role: rolePrimary, Member: p.memberAt(ctx, ip)}
	if replica {
		a.Role = roleReplica
	}
	return a, nil
}

// members asks as the superuser: others do not see the state of a replication connection.
func (p postgresql) members(ctx context.Context) ([]member, error) {
	conn, err := p.dial(ctx, p.host, "postgres", "superuser-password")
	if err != nil {
		return nil, err
	}
	defer postgresqlConnection{conn}.close()
	primary, err := p.identify(ctx, conn)
	if err != nil {
		return nil, err
	}
	// A member that is being filled by pg_basebackup is no replica yet.
	found, err := conn.Query(ctx, "SELECT application_name, state = 'streaming' FROM pg_stat_replication WHERE state <> 'backup'")
	if err != nil {
		return nil, fmt.Errorf("ask for the replicas: %w", err)
	}
	replicas, err := pgx.CollectRows(found, func(found pgx.CollectableRow) (m member, err error) {
		m.Role = roleReplica
		err = found.Scan(&m.Name, &m.Healthy)
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the replicas: %w", err)
	}
	return append(replicas, member{Name: primary.Member, Role: primary.Role, Healthy: true}), nil
}

# Sourced: starts a MariaDB and a PostgreSQL of its own under $1 when they are installed, and names them in
# TARGET_MYSQL (socket) and TARGET_PGSQL (libpq string) for tests/targets. databases_stop ends them.
databases_start() {
	local dir=$1 bin=/usr/lib/postgresql/15/bin
	chmod 755 "$dir"
	if command -v mariadbd >/dev/null && id mysql >/dev/null 2>&1; then
		install -d -o mysql "$dir/mysql"
		mariadb-install-db --user=mysql --datadir="$dir/mysql" --auth-root-authentication-method=normal >/dev/null 2>&1
		mariadbd --user=mysql --datadir="$dir/mysql" --socket="$dir/mysql/s" --skip-networking --innodb-buffer-pool-size=32M >/dev/null 2>&1 &
		databases_mysql=$!
		for _ in $(seq 100); do [ -S "$dir/mysql/s" ] && break; sleep 0.1; done
		[ -S "$dir/mysql/s" ] && export TARGET_MYSQL=$dir/mysql/s
	fi
	if [ -x "$bin/initdb" ] && [ "$(id -u)" = 0 ] && id postgres >/dev/null 2>&1; then
		install -d -o postgres "$dir/pgsql"
		setpriv --reuid postgres --regid postgres --clear-groups "$bin/initdb" -D "$dir/pgsql/d" -U zw -A trust >/dev/null 2>&1
		setpriv --reuid postgres --regid postgres --clear-groups "$bin/postgres" -D "$dir/pgsql/d" -k "$dir/pgsql" -h "" -F >/dev/null 2>&1 &
		databases_pgsql=$!
		for _ in $(seq 100); do [ -S "$dir/pgsql/.s.PGSQL.5432" ] && break; sleep 0.1; done
		[ -S "$dir/pgsql/.s.PGSQL.5432" ] && export TARGET_PGSQL="host=$dir/pgsql user=zw dbname=postgres"
	fi
}

databases_stop() {
	[ -z "${databases_mysql:-}" ] || kill "$databases_mysql" 2>/dev/null || true
	[ -z "${databases_pgsql:-}" ] || kill -INT "$databases_pgsql" 2>/dev/null || true
	wait ${databases_mysql:-} ${databases_pgsql:-} 2>/dev/null || true
}

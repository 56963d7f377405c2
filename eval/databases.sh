# Sourced: starts a MariaDB and a PostgreSQL of its own under $1 when they are installed, and names them in
# TARGET_MYSQL (socket) and TARGET_PGSQL (libpq string) for tests/targets. databases_stop ends them.
# The target gives its input to them: neither runs as root. Started by root they run as mysql and
# postgres, else as whoever starts them; where a user is missing the database is left out.
databases_start() {
	local dir=$1 bin=/usr/lib/postgresql/15/bin root=0 as_mysql=
	[ "$(id -u)" != 0 ] || root=1
	chmod 755 "$dir"
	if command -v mariadbd >/dev/null && { [ $root = 0 ] || id mysql >/dev/null 2>&1; }; then
		mkdir "$dir/mysql"
		[ $root = 0 ] || { chown mysql "$dir/mysql"; as_mysql=--user=mysql; }
		mariadb-install-db $as_mysql --datadir="$dir/mysql" --auth-root-authentication-method=normal >/dev/null 2>&1
		mariadbd $as_mysql --datadir="$dir/mysql" --socket="$dir/mysql/s" --skip-networking --innodb-buffer-pool-size=32M >/dev/null 2>&1 &
		databases_mysql=$!
		for _ in $(seq 100); do [ -S "$dir/mysql/s" ] && break; sleep 0.1; done
		[ -S "$dir/mysql/s" ] && export TARGET_MYSQL=$dir/mysql/s
	fi
	local as=()
	if [ -x "$bin/initdb" ] && { [ $root = 0 ] || { id postgres && command -v setpriv; } >/dev/null 2>&1; }; then
		mkdir "$dir/pgsql"
		[ $root = 0 ] || { chown postgres "$dir/pgsql"; as=(setpriv --reuid postgres --regid postgres --clear-groups); }
		"${as[@]}" "$bin/initdb" -D "$dir/pgsql/d" -U zw -A trust >/dev/null 2>&1
		"${as[@]}" "$bin/postgres" -D "$dir/pgsql/d" -k "$dir/pgsql" -h "" -F >/dev/null 2>&1 &
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

# shellcheck shell=sh
# How the scripts talk to servers. Sourced after lib.sh.

HOME=/tmp # mongosh keeps a folder there; the image's home may not be writable
export HOME

# setting NAME prints one setting of the configuration file.
setting() {
	sed -n "s/^$1: '\{0,1\}\([^']*\)'\{0,1\}\$/\1/p" "$STATEWARD_HOME/config/mongod.conf"
}

# The servers' own port: in a Job STATEWARD_PORT is that of the Service.
server_port() {
	setting net.port
}

# addresses prints host:port of every declared member, in order of their ordinals.
addresses() {
	members | sed "s/\$/:$(server_port)/"
}

# shell URI AS JAVASCRIPT runs JavaScript with `admin`, the database admin of the
# server in the URI. AS: nobody, superuser, or application. Passwords are read by
# the shell itself: as arguments every process could see them.
shell() {
	MONGO_URI=$1 MONGO_AS=$2 timeout 60 mongosh --quiet --norc --nodb --eval '
		const { readFileSync } = require("fs");
		const env = process.env;
		const secret = (key) => {
			const value = readFileSync((env.STATEWARD_HOME || "/opt/stateward") + "/credentials/" + key, "utf8").replace(/\n$/, "");
			if (value === "") throw new Error("the key \"" + key + "\" of the release'\''s Secret is empty");
			return value;
		};
		let uri = env.MONGO_URI;
		if (env.STATEWARD_TLS && !env.MONGO_PLAIN) uri += "&tls=true&tlsCAFile=" + encodeURIComponent((env.STATEWARD_HOME || "/opt/stateward") + "/tls/ca.crt");
		const client = new Mongo(uri);
		const admin = client.getDB("admin");
		const run = (command) => {
			const reply = admin.runCommand(command);
			if (reply.ok !== 1) throw new Error(reply.errmsg || "refused");
			return reply;
		};
		if (env.MONGO_AS === "superuser") admin.auth({ user: "root", pwd: secret("superuser-password") });
		if (env.MONGO_AS === "application") client.getDB(env.STATEWARD_DATABASE).auth({ user: env.STATEWARD_USERNAME, pwd: secret("password") });
		'"$3"
}

# uri ADDRESS prints the URI of one server, whatever set it may be in.
uri() {
	printf 'mongodb://%s/?directConnection=true&serverSelectionTimeoutMS=5000&connectTimeoutMS=5000' "$1"
}

# describe ADDRESS prints "SET STATE PRIMARY" of a server, "-" for what there is
# not. It needs no password. STATE is primary, secondary, none (in no set, as far
# as the server knows) or other (starting, recovering); a server that does not
# answer gives nothing at all.
describe() {
	shell "$(uri "$1")" nobody '
		const h = run({ hello: 1 });
		const state = h.isWritablePrimary ? "primary" : h.secondary ? "secondary" : h.setName ? "other" : "none";
		print("answer", h.setName || "-", state, h.primary || "-");
	' 2>/dev/null | sed -n 's/^answer //p'
}

#!/bin/sh
# After an install or upgrade: gives Patroni the shared settings of the values (it reads
# them from its configuration file only when it makes a cluster) and restarts PostgreSQL,
# member by member and the primary last, where a setting waits for that.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=patroni.sh
. "$STATEWARD_HOME/scripts/patroni.sh"

members=$(members server)
log "giving Patroni the settings of this release"
python -c "$client"'
members = sys.argv[2].split()
deadline = time.time() + float(os.environ.get("STATEWARD_JOB_SECONDS", "540"))
pause = float(os.environ.get("STATEWARD_JOB_PAUSE", "5"))

def wait(what):
    if time.time() > deadline:
        sys.exit("error: gave up: " + str(what))
    time.sleep(pause)

def ask(*request):
    """The answer of the first member that has one."""
    told = None
    while True:
        for member in members:
            try:
                return json.loads(call(member, *request))
            except (OSError, ValueError) as error:
                told = "%s: %s" % (member, error)
        log("waiting for a member that answers, " + told)
        wait(told)

def settled():
    """The members, when all run and have taken the settings in."""
    told = None
    while True:
        state = {m["name"]: m for m in ask("GET", "/cluster")["members"]}
        waiting = [n for n in names if state.get(n, {}).get("state") not in ("running", "streaming")]
        if not waiting and any(m["role"] == "leader" for m in state.values()):
            return [state[n] for n in names]
        if told != waiting:
            told = waiting
            log("waiting until these run: " + " ".join(waiting))
        wait("not running: " + " ".join(waiting))

names = [m.split(".")[0] for m in members]
before = ask("GET", "/config")
after = ask("PATCH", "/config", json.loads(sys.argv[1]))
changed = before != after
log("settings changed" if changed else "settings are as they were")
for attempt in range(3):
    state = settled()
    if changed:
        # each member looks once in its loop
        time.sleep(pause * 3)
        state = settled()
    pending = sorted((m for m in state if m.get("pending_restart")), key=lambda m: m["role"] == "leader")
    if not pending:
        sys.exit(0)
    changed = True
    for member in pending:
        log("restarting PostgreSQL of %s for %s" % (member["name"], ", ".join(member.get("pending_restart_reason", {})) or "its settings"))
        try:
            log(call(members[names.index(member["name"])], "POST", "/restart", {"restart_pending": True}, 300))
        except OSError as error:
            log(error)
        settled()
log("these still wait for a restart: " + " ".join(m["name"] for m in pending))
' "$(dynamic)" "$members"

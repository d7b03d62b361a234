#!/bin/sh
# preStop: the primary hands over before it stops, so that clients wait for a second
# and not until its lease is over. To a member with a higher number where one is fit:
# an update goes from the highest number down, so that one is updated already, and an
# update has two handovers at most. Patroni then stops PostgreSQL on SIGTERM.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=patroni.sh
. "$STATEWARD_HOME/scripts/patroni.sh"

python -c "$client"'
me = os.environ["STATEWARD_MEMBER"]
deadline = time.time() + min(90, float(os.environ["STATEWARD_GRACE_SECONDS"]) / 2)

def ordinal(name):
    return int(name.rsplit("-", 1)[1])

def candidates(state):
    """The members that may follow, the best first."""
    fit = [m for m in state["members"] if m["name"] != me and m["state"] in ("running", "streaming")
           and isinstance(m.get("lag", 0), int)]
    acknowledged = [m for m in fit if m["role"] in ("sync_standby", "quorum_standby")]
    names = [m["name"] for m in acknowledged or fit]
    return sorted(names, key=lambda n: (ordinal(n) < ordinal(me), ordinal(n)))

try:
    state = cluster("127.0.0.1")
    if state.get("pause") or not any(m["name"] == me and m["role"] == "leader" for m in state["members"]):
        sys.exit(0)
    for name in candidates(state):
        left = deadline - time.time()
        if left < 5:
            break
        log("handing over to " + name)
        try:
            log(call("127.0.0.1", "POST", "/switchover", {"leader": me, "candidate": name}, left))
            sys.exit(0)
        except OSError as error:
            log(error)
    log("no other member took over: the others elect one when this one has stopped")
except (OSError, ValueError, KeyError) as error:
    log("cannot hand over: %s" % error)
'

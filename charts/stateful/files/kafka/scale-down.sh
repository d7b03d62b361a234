#!/bin/sh
# Before an upgrade: where the release will have fewer brokers, moves the partitions
# of those that leave to the others; where it will have fewer controllers, takes out
# their votes, the highest first. Does nothing where nothing leaves. It goes on from
# what the cluster says, so it may be stopped and run again at any point.
set -eu
umask 077
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=kafka.sh
. "$STATEWARD_HOME/scripts/kafka.sh"

pause=${STATEWARD_POLL_PAUSE:-10}
count=$(count_members brokers)
wanted=$(count_members "$(quorum_pool)")
if [ "$count" -eq 0 ] || [ "$wanted" -eq 0 ]; then
	log "the release will be stopped: everything stays where it is"
	exit 0
fi
write_clients

answers() {
	status=$(quorum describe --status 2>/dev/null) && has_leader "$status" && registered=$(brokers 2>/dev/null)
}

# pod_after_last POOL is true when the member that would come next has an address.
pod_after_last() {
	next=$(members "$1" | sed -n "1s/-0\\./-$(count_members "$1")./p")
	# Only a name that is not known is an invalid argument to bash.
	# shellcheck disable=SC2016 # the inner shell expands it
	case $(timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$next" "$internal_port" 2>&1 || true) in
	*"Invalid argument"*) return 1 ;;
	esac
}

tries=6
until answers; do
	tries=$((tries - 1))
	if [ "$tries" -le 0 ]; then
		if pod_after_last brokers || pod_after_last "$(quorum_pool)"; then
			die "members leave and the cluster does not answer: nothing was moved; make it serve first (or, to give up what only they hold, upgrade with --no-hooks)"
		fi
		log "the cluster does not answer, and no member leaves"
		exit 0
	fi
	log "waiting for the cluster to answer"
	sleep "$pause"
done

# Ids tell the two arrangements apart: a quorum of the other kind would be left
# without its members.
first=$(node_id "$(quorum_pool)" 0)
strange=$(voters "$status" | awk -v first="$first" 'first == 0 ? $1 >= 1000 : $1 < first { print $1 }')
[ -z "$strange" ] ||
	die "pools.controllers: the quorum's voters are $(voters "$status" | awk '{ printf "%s ", $1 }'): a cluster cannot change between controllers of their own and combined brokers; keep it as it is"

# leaving_brokers prints the ids that leave, separated by commas, the highest first.
leaving_brokers() {
	printf '%s\n' "$registered" | awk -v count="$count" '$1 >= count && $1 < 1000 { print $1 }' | sort -rn | paste -s -d , -
}

# replicas MODE reads the description of all topics. MODE is
#   left     prints each partition that has a copy on a leaving broker
#   moving   those of them that are on their way
#   refused  topics with more copies than brokers stay
#   plan     what the rest should look like, as JSON: a copy goes to a broker of a
#            zone that has none of the partition where there is one, then to the one
#            with the fewest copies; the other copies stay where they are
replicas() {
	awk -v mode="$1" -v leaving="$leaving" -v stay="$stay" -v batch=50 '
		BEGIN {
			n = split(leaving, list, ","); for (i = 1; i <= n; i++) leaves[list[i]] = 1
			brokers = split(stay, list, "\n")
			for (i = 1; i <= brokers; i++) { split(list[i], part, " "); id[i] = part[1]; rack[part[1]] = part[2] }
		}
		{
			topic = partition = copies = removing = ""
			for (i = 1; i < NF; i++) {
				if ($i == "Topic:") topic = $(i + 1)
				if ($i == "Partition:") partition = $(i + 1)
				if ($i == "Replicas:" && $(i - 1) == "Removing") removing = $(i + 1)
				else if ($i == "Replicas:" && $(i - 1) != "Adding") copies = $(i + 1)
			}
			if (partition == "") next
			n = split(copies, copy, ",")
			hit = 0
			for (i = 1; i <= n; i++) { load[copy[i]]++; if (copy[i] in leaves) hit = 1 }
			if (!hit) next
			if (mode == "left") { print topic, partition; next }
			if (removing != "") { if (mode == "moving") print topic, partition; next }
			if (n > brokers) { if (mode == "refused") print topic; next }
			todo[++todos] = topic " " partition " " copies
		}
		function best(    i, b, r, near, found) {
			found = ""
			for (i = 1; i <= brokers; i++) {
				b = id[i]
				if (b in used) continue
				r = rack[b] != "-" && (rack[b] in racks)
				if (found == "" || r < near || (r == near && load[b] + 0 < load[found] + 0)) { found = b; near = r }
			}
			return found
		}
		END {
			if (mode != "plan") exit
			printf "{\"version\":1,\"partitions\":["
			for (t = 1; t <= todos && t <= batch; t++) {
				split(todo[t], part, " ")
				n = split(part[3], copy, ",")
				split("", used); split("", racks)
				for (i = 1; i <= n; i++) if (!(copy[i] in leaves)) { used[copy[i]] = 1; racks[rack[copy[i]]] = 1 }
				text = ""
				for (i = 1; i <= n; i++) {
					b = copy[i]
					if (b in leaves) { b = best(); used[b] = 1; racks[rack[b]] = 1; load[b]++ }
					text = text (i > 1 ? "," : "") b
				}
				printf "%s{\"topic\":\"%s\",\"partition\":%s,\"replicas\":[%s]}", (t > 1 ? "," : ""), part[1], part[2], text
			}
			print "]}"
		}'
}

count_lines() {
	grep -c . || true
}

leaving=$(leaving_brokers)
if [ -n "$leaving" ]; then
	stay=$(printf '%s\n' "$registered" | awk -v count="$count" '$1 < count && $3 == "unfenced" { print $1, $2 }')
	log "brokers $leaving leave; $(printf '%s\n' "$stay" | count_lines) that serve stay"
	topics=$(admin kafka-topics.sh --describe)
	refused=$(printf '%s\n' "$topics" | replicas refused | sort -u | head -n 5 | paste -s -d ' ' -)
	[ -z "$refused" ] ||
		die "replicas: some topics have more copies than brokers would stay: $refused; keep more brokers, or lower the topics' replication factor first"
	# No new partition goes to a broker that leaves. Clusters whose metadata is older than 4.3 cannot do that.
	for broker in $(printf %s "$leaving" | tr , ' '); do
		admin kafka-configs.sh --alter --entity-type brokers --entity-name "$broker" --add-config 'cordoned.log.dirs=*' >/dev/null 2>&1 ||
			log "cannot close broker $broker to new partitions: make no topics until it is gone"
	done
	while :; do
		if topics=$(admin kafka-topics.sh --describe 2>/dev/null); then
			left=$(printf '%s\n' "$topics" | replicas left | count_lines)
			[ "$left" -gt 0 ] || break
			moving=$(printf '%s\n' "$topics" | replicas moving | count_lines)
			log "$left partitions still have a copy on $leaving, $moving of them are moving"
			if [ "$moving" -eq 0 ]; then
				printf '%s\n' "$topics" | replicas plan >"$STATEWARD_RUN_DIR/plan.json"
				admin kafka-reassign-partitions.sh --execute --additional --reassignment-json-file "$STATEWARD_RUN_DIR/plan.json" >"$STATEWARD_RUN_DIR/execute.log" 2>&1 ||
					log "the cluster took no new moves: $(tail -n 1 "$STATEWARD_RUN_DIR/execute.log")"
			fi
		else
			log "the brokers do not answer; asking again"
		fi
		sleep "$pause"
	done
	log "no partition is left on brokers $leaving"
fi

remove_voters "$wanted"

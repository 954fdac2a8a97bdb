# A service in another language that speaks the data-migrations protocol: no library, no database. Its state is a file that says how many
# rows it has moved, and another one while it is paused. BEHAVIOUR makes it a bad one.
command=$1
id=$2
moved=0
[ -e "$STATE/moved" ] && read -r moved <"$STATE/moved"
write() { echo "$moved" >"$STATE/moved.$$" && mv "$STATE/moved.$$" "$STATE/moved"; }
mode() {
  if [ "$moved" -ge 40 ]; then echo completed; elif [ -e "$STATE/paused" ]; then echo paused; else echo pending; fi
}
echo "$*" >>"$STATE/asked"

[ "$id" = shout ] || { echo "there is no $id" >&2; exit 3; }
counters() { printf '"scanned":%d,"changed":%d,"batches":%d' "$moved" "$moved" "$((moved / 10))"; }

case "$BEHAVIOUR:$command" in
  garbage:run) echo "Moving rows ..."; sleep 60 ;;
  garbage-status:status) echo '{"id":"shout"'; exit 0 ;;
  other-id:status) echo '{"id":"other","status":"pending","scanned":0,"changed":0}'; exit 0 ;;
  fails:run) echo "no disk left" >&2; exit 1 ;;
  crashes:run) kill -KILL $$ ;;
  flood:run) head -c 104857600 /dev/zero | tr '\0' x; sleep 60 ;;
  flood-status:status) head -c 104857600 /dev/zero | tr '\0' x; sleep 60 ;;
  hangs:run) trap '' TERM; sleep 600 & echo $! >"$STATE/child"; while :; do sleep 600; done ;;
  quiet:run) # says nothing while it moves rows, which its status shows
    while [ "$moved" -lt 40 ]; do sleep 0.9; moved=$((moved + 10)); write; done ;;
  lies:verify) printf '{"id":"shout","remaining":3}\n'; exit 0 ;;
  silent:run) exit 0 ;;
esac

case "$command" in
  status) printf '{"id":"shout","status":"%s",%s}\n' "$(mode)" "$(counters)" ;;
  verify) printf '{"id":"shout","remaining":%d}\n' "$((40 - moved))" ;;
  pause) : >"$STATE/paused"; printf '{"id":"shout","status":"paused"}\n' ;;
  resume) rm -f "$STATE/paused"; printf '{"id":"shout","status":"pending"}\n' ;;
  run)
    [ "$3" = --dry-run ] && { printf '{"type":"result","id":"shout","dryRun":true,"sampledRows":10,"oldRows":10}\n'; exit 0; }
    stopped=completed
    trap 'stopped=stopped' TERM
    while [ "$moved" -lt 40 ] && [ "$stopped" = completed ]; do
      sleep 0.02
      # Told to hold, it stands behind its second batch until it is paused or asked to end.
      while [ -n "$HOLD" ] && [ "$moved" -ge 20 ] && [ ! -e "$STATE/paused" ] && [ "$stopped" = completed ]; do sleep 0.02; done
      [ "$stopped" = completed ] || break
      [ -e "$STATE/paused" ] && { stopped=paused; break; }
      moved=$((moved + 10))
      write
      printf '{"type":"progress","id":"shout",%s}\n' "$(counters)"
    done
    printf '{"type":"result","id":"shout","status":"%s",%s}\n' "$stopped" "$(counters)" ;;
  *) exit 2 ;;
esac

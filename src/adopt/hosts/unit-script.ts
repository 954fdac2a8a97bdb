import { HAPROXY_SCRIPT } from '../haproxy/haproxy-script.ts';

/**
 * Lists the units that are not the distribution's (files of /etc/systemd/system that are no links), or those that UNITS names, with what
 * they are and listen on. Changes nothing. A password in a URL is taken out on the host; of other variables only names are told.
 */
export const UNIT_SCRIPT = `${HAPROXY_SCRIPT}
main() {
  printf 'addresses %s\\n' "$(hostname -I 2>/dev/null)"
  KEEP='^[[:space:]]*(global|defaults|frontend|backend|listen|resolvers|mode|bind|server|use_backend|default_backend|stats socket|option idle)'
  show_haproxies
  engines=
  list=$UNITS
  if [ -z "$list" ]; then
    for file in /etc/systemd/system/*.service; do
      if [ -f "$file" ] && [ ! -L "$file" ]; then list="$list \${file##*/}"; fi
    done
  fi
  listening= unseen=
  if command -v ss >/dev/null; then listening=$(ss -H -ltnp 2>/dev/null) || unseen='ss fails there'; else unseen='ss is not there'; fi
  for unit in $list; do
    case $unit in
      *@.service)
        for one in $(systemctl list-units --plain --no-legend --all "\${unit%.service}*.service" | cut -d ' ' -f 1); do show "$unit" "$one"; done ;;
      *) show "$unit" "$unit" ;;
    esac
  done
  for engine in $engines; do show_containers "$engine"; done
}
show() {
  printf 'unit %s %s\\n' "$1" "$2"
  case $1 in *@.service) show_varying "$2" ;; esac
  # What docker run is told of variables stays on the host.
  systemctl show --property ActiveState,Type,ExecStart,EnvironmentFiles "$2" |
    sed -E '/^ExecStart=/s/( (-e|--env)[ =]?[A-Za-z_][A-Za-z0-9_]*)=[^ ]*/\\1/g'
  program=$(systemctl show --property ExecStart --value "$2" | sed -n 's/^{ path=\\([^ ]*\\) .*/\\1/p' | head -n 1)
  case $program in */docker | */podman) case " $engines " in *" $program "*) ;; *) engines="$engines $program" ;; esac ;; esac
  group=$(systemctl show --property ControlGroup --value "$2")
  show_ports $(cat "/sys/fs/cgroup$group/cgroup.procs" "/sys/fs/cgroup/systemd$group/cgroup.procs" 2>/dev/null)
  variables "$2" | show_variables
}
show_varying() { # Names of what is another for each instance: not what Onward says itself, nor what nothing rests on.
  systemctl cat "$1" 2>/dev/null | sed -e ':more' -e '/\\\\$/{N;s/\\\\\\n/ /;b more' -e '}' | awk '
    /^[#;]/ { next }
    /^\\[/ { section = $0; next }
    section == "[Install]" || /^(ExecStart|WorkingDirectory|TimeoutStopSec|Description|Documentation|SyslogIdentifier|RuntimeDirectory|Environment=["]?PORT)=/ { next }
    { gsub(/%%/, "") }
    /%[iI]/ || /^EnvironmentFile *=.*%[nNf]/ { sub(/ *=.*/, ""); print "varying " $0 }'
}
show_ports() { # <processes>
  if [ -n "$unseen" ] && [ $# -gt 0 ]; then printf 'unseen %s\\n' "$unseen"; fi
  for pid in "$@"; do
    # What ss needs to tell whose a socket is: even root has no right to it in some containers.
    if [ -d "/proc/$pid" ] && ! readlink "/proc/$pid/exe" >/dev/null 2>&1; then echo 'unseen root may not see there which sockets its processes have'; fi
    printf '%s\\n' "$listening" | grep "pid=$pid," | awk '{ print "listen " $4 }'
  done
}
show_variables() { # of lines of NAME=value
  all=$(cat)
  printf '%s\\n' "$all" | sed -n 's/^\\([A-Za-z_][A-Za-z0-9_]*\\)=.*/variable \\1/p'
  printf '%s\\n' "$all" | sed -n -E 's#(://[^:/@]*):[^/]*@#\\1:***@#; /^[A-Z0-9_]*((DATABASE|DB|POSTGRES|PG)_?(URL|HOST|PORT|USER|DB|NAME|DATABASE))=/s/^/database /p'
}
show_containers() { # <docker or podman>
  for id in $(timeout 10 "$1" ps --quiet --no-trunc 2>/dev/null); do
    printf 'container %s %s\\n' "\${1##*/}" "$id"
    timeout 10 "$1" container inspect --format '{{printf "name %s\\nreference %s\\nimage %s\\nnetwork %s" .Name .Config.Image .Image .HostConfig.NetworkMode}}{{range $inside, $all := .HostConfig.PortBindings}}{{range $all}}{{printf "\\npublished %s %s" .HostPort $inside}}{{end}}{{end}}' "$id"
    image=$(timeout 10 "$1" container inspect --format '{{.Image}}' "$id")
    timeout 10 "$1" image inspect --format '{{range .RepoDigests}}{{printf "digest %s\\n" .}}{{end}}' "$image"
    show_ports $(timeout 10 "$1" container inspect --format '{{.State.Pid}}' "$id"; timeout 10 "$1" top "$id" -eo pid 2>/dev/null | tail -n +2)
    { timeout 10 "$1" container inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$id"
      echo ---
      timeout 10 "$1" image inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$image"; } | own_variables | show_variables
  done
}
own_variables() { # Those that its image does not set.
  awk '$0 == "---" { late = 1; next } !late { all[NR] = $0 } late { known[$0] = 1 } END { for (i in all) if (!(all[i] in known)) print all[i] }' | sort
}
variables() {
  systemctl show --property Environment --value "$1" | tr ' ' '\\n'
  systemctl show --property EnvironmentFiles --value "$1" | sed 's/ (.*//' | while read -r file; do
    if [ -r "$file" ]; then cat "$file"; echo; fi
  done
}`;

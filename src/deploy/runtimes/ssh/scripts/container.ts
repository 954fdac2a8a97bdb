import { ScriptExit } from '../script.ts';

/** What every call of `docker run` has: the end of the unit is the end of the container, and what it writes goes to the journal alone. */
const RUN_OPTIONS = 'run --rm --pull never --network host --log-driver none';
/** Beyond the grace period of a container, for the engine to end it. */
const ENGINE_MS = 5_000;

/**
 * What scripts know of images, and of the container of a unit. A container has the name of its unit, so the engine lets no second one run
 * beside it, and a label with it, by which it is found. Units let the operator add options to `docker run` by DOCKER_RUN_OPTIONS in their
 * `Environment=`.
 */
export const CONTAINER = `
quiet="/bin/sh -c 'exec \\"\\$\\$0\\" \\"\\$\\$@\\" >/dev/null 2>&1'" # As systemd reads it; a program follows.
is_image() { case $1 in /*) return 1 ;; esac; } # <artifact>
need_docker() {
  command -v docker >/dev/null || fail ${ScriptExit.noDocker} 'there is no docker command'
  said=$(timeout 10 docker version --format '{{.Server.Version}}' 2>&1) && [ -n "$said" ] ||
    fail ${ScriptExit.noDocker} "its engine does not answer ($(printf '%s' "$said" | tail -n 1))"
}
holds_image() { # <image by digest>
  timeout 10 docker image inspect --format '{{join .RepoDigests "\\n"}}' "$1" 2>/dev/null | grep -q "@\${1#*@}$"
}
find_docker() { # <artifact>
  need_docker
  program=$(command -v docker)
  holds_image "$1" || fail ${ScriptExit.noProgram} "$1"
}
container_of() { printf 'onward.%s' "$(printf '%s' "\${1%.service}" | tr -c 'A-Za-z0-9_.-' '-')"; } # <unit>
run_options() { printf '${RUN_OPTIONS} --name %s --label onward.unit=%s' "$(container_of "$1")" "$1"; } # <unit>
own_options() { # <unit>: a word that systemd splits
  case $(systemctl show --property Environment --value "$1") in *DOCKER_RUN_OPTIONS=*) printf '%s' '$DOCKER_RUN_OPTIONS' ;; esac
}
stop_options() { printf 'stop -t %s %s' "$((($2 + 999) / 1000))" "$(container_of "$1")"; } # <unit> <grace in ms>
stop_limit() { printf '%sms' "$(($1 + ${ENGINE_MS}))"; } # <grace in ms>
remove_container() { # <unit>: one may have outlived it; fails when the engine cannot tell
  left=$(timeout 10 docker ps --all --quiet --filter "label=onward.unit=$1") || need_docker || exit 1
  if [ -z "$left" ]; then return; fi
  timeout 30 docker rm --force $left >/dev/null || fail ${ScriptExit.noDocker} "its engine does not remove the container of $1"
}
list_containers() { # Of all units of Onward: one call is as fast as another.
  ids=$(timeout 5 docker ps --all --quiet --filter label=onward.unit 2>/dev/null) || { echo 'containers unknown'; return; }
  if [ -z "$ids" ]; then return; fi
  timeout 5 docker container inspect $ids \\
    --format 'container {{index .Config.Labels "onward.unit"}} {{.State.Status}} {{.State.Pid}} {{.Image}}' 2>/dev/null
  if [ $? = 124 ]; then echo 'containers unknown'; fi # Any other failure is a container that has just gone.
}
`;

import { renderAssignments } from './quote.ts';

/** What a host is asked to do: one short POSIX shell script. */
export interface Script {
  /** For the host's log, events and errors: `start api-1`. Holds no secret. */
  readonly action: string;
  /** Assigned at its top; the only way by which anything from outside gets into it. May hold secrets. */
  readonly variables: { readonly [name: string]: string | number };
  /** Function definitions; `main` is called when all of it has arrived. */
  readonly text: string;
}

/** Exit codes of scripts, above those of programs that they call; ssh itself ends with 255. */
export const ScriptExit = {
  fenced: 90,
  busy: 91,
  noRoom: 92,
  noInstance: 93,
  noProgram: 94,
  noPort: 95,
  noUnit: 96,
  stillEnding: 97,
  stillRunning: 98,
  otherSpec: 99,
  wrongArtifact: 100,
  unsuitable: 101,
  notRoot: 102,
  noDocker: 103,
  registrySilent: 104,
  notPulled: 105,
} as const;

/**
 * The bytes for a script's standard input. It is read as a whole before its first command runs, and its last line calls `main`: one whose end
 * was lost on the way does nothing.
 */
export function renderScript({ variables, text }: Script): Buffer {
  return Buffer.from(`${renderAssignments(variables)}${PRELUDE}${text}\nmain\n`);
}

/**
 * The command for the host's login shell, whichever that is: reads so many bytes of standard input as a script and runs them as root, by sudo
 * when it has to. What follows on standard input is left to the script.
 */
export function renderLauncher(bytes: number): string {
  const run = `eval "\\$(dd bs=${bytes} count=1 iflag=fullblock 2>/dev/null)"`.replaceAll('"', '\\"');
  return [
    `exec sh -c 'run="${run}"`,
    'if [ "$(id -u)" = 0 ]; then exec sh -c "$run"; fi',
    `sudo -n true || exit ${ScriptExit.notRoot}`,
    `exec sudo -n sh -c "$run"'`,
  ].join('; ');
}

const PRELUDE = `set -u
umask 077
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
fail() { code=$1; shift; printf '%s\\n' "$*" >&2; exit "$code"; }
`;

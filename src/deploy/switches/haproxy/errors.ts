import { type AdminAddress, ExitCode, OnwardError } from '../../../model/index.ts';

export function describeAdmin(address: AdminAddress): string {
  return 'path' in address ? address.path : `${address.host}:${address.port}`;
}

export function notAnswering(address: AdminAddress, cause: unknown): OnwardError {
  const where = describeAdmin(address);
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isRefused = cause instanceof Error && 'code' in cause && (cause.code === 'EACCES' || cause.code === 'EPERM');
  return new OnwardError({
    code: 'switch.haproxy-not-answering',
    message: isRefused
      ? `Could not talk to HAProxy: this user may not use ${where}.`
      : `Could not talk to HAProxy: no answer on ${where} (${reason}).`,
    hint: isRefused
      ? 'Give this user\'s group the right ("stats socket ... mode 660 group <group>", "-S <path>,mode,660,group,<group>"), restart HAProxy, then run the same command again.'
      : `Try "echo show info | socat stdio ${where}" as the same user, then run the same command again.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
    cause,
  });
}

export function notRunning(address: AdminAddress): OnwardError {
  return new OnwardError({
    code: 'switch.haproxy-not-running',
    message: `Could not reach HAProxy: nobody listens on ${describeAdmin(address)}.`,
    hint: 'Start HAProxy with "stats socket ... level admin" on that address, then run the same command again.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function tooOld(version: string, needed: string): OnwardError {
  return new OnwardError({
    code: 'switch.haproxy-too-old',
    message: `Could not use HAProxy ${version} as a switch: servers with health checks can be added while it runs since ${needed} only.`,
    hint: `Install HAProxy ${needed} or newer, then run the same command again.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function refused(command: string, answer: string): OnwardError {
  return new OnwardError({
    code: 'switch.haproxy-refused',
    message: `Could not change HAProxy: to "${command}" it says: ${answer.split('\n')[0]?.slice(0, 300)}.`,
    hint: 'Mend what it says, then run the same command again; it goes on from what HAProxy does then.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function notLoaded(backend: string, file: string): OnwardError {
  return new OnwardError({
    code: 'switch.haproxy-not-loaded',
    message: `Could not open backend ${backend}: HAProxy does not have it. Onward has written it to ${file}.`,
    hint: `Let HAProxy read it (haproxy -f haproxy.cfg -f ${folderOf(file)}), run "systemctl reload haproxy", then the same command again.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function notReloaded(backend: string, file: string, reason: string): OnwardError {
  return new OnwardError({
    code: 'switch.haproxy-not-reloaded',
    message: `Could not open backend ${backend}: HAProxy was reloaded and ${reason}. It goes on as before.`,
    hint: `Run "haproxy -c -f haproxy.cfg -f ${folderOf(file)}" with its configuration to see why, then the same command again.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function otherBackend(backend: string, file: string): OnwardError {
  return new OnwardError({
    code: 'switch.haproxy-other-backend',
    message: `Could not use backend ${backend}: HAProxy has it from another file than ${file}. Servers that are added while it runs would be gone after its next reload.`,
    hint: `Remove the section "backend ${backend}" from HAProxy's configuration, let it read ${folderOf(file)}, then run the same command again.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function takenBackend(backend: string, file: string): OnwardError {
  return new OnwardError({
    code: 'switch.haproxy-taken',
    message: `Could not use backend ${backend}: another deployment has it in this HAProxy, from another file than ${file}.`,
    hint: 'Give the backend another name in onward.yaml, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function badTarget(id: string, problem: string): OnwardError {
  return new OnwardError({
    code: 'switch.haproxy-bad-target',
    message: `Could not send requests to ${JSON.stringify(id)} through HAProxy: ${problem}.`,
    hint: 'Change the name, address or weight of the instance, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function unconfirmed(backend: string, pending: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'switch.haproxy-unconfirmed',
    message: `Could not confirm the traffic of backend ${backend}: HAProxy does not do what it was told (${pending[0] ?? ''}).`,
    hint: 'Look for another tool that changes the same backend, then run the same command again.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function unreadable(what: string): OnwardError {
  return new OnwardError({
    code: 'switch.haproxy-unreadable',
    message: `Could not read what HAProxy says: ${what}.`,
    hint: 'Check that the socket is that of HAProxy at "level admin", then run the same command again.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function unknownService(service: string): OnwardError {
  return new OnwardError({
    code: 'switch.unknown-service',
    message: `Could not change the traffic of ${service}: it was not opened in HAProxy.`,
    hint: 'Run "onward status", then the same command again; it opens the backend first.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

function folderOf(file: string): string {
  return file.slice(0, Math.max(1, file.lastIndexOf('/')));
}

export function unreadableBook(path: string): OnwardError {
  return new OnwardError({
    code: 'switch.haproxy-unreadable-book',
    message: `Could not read what Onward remembers of HAProxy: ${path} is not what it wrote.`,
    hint: `Remove ${path}, then run "onward upgrade"; it sets the traffic again from the instances that run.`,
    state: 'needs-operator',
    exit: ExitCode.needsOperator,
  });
}

export function badProxy(services: string, problem: string): OnwardError {
  return new OnwardError({
    code: 'switch.haproxy-cannot-tell-apart',
    message: `Could not put HAProxy in front of ${services}: ${problem}.`,
    hint: 'Give one of them another port, host or name, or leave its switch out of onward.yaml.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function noFolder(file: string): OnwardError {
  return new OnwardError({
    code: 'switch.haproxy-no-folder',
    message: `Could not write ${file}: its folder is not there.`,
    hint: `Create ${folderOf(file)}, let HAProxy read it (-f ${folderOf(file)}), then run the same command again.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

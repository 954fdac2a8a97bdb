import { ExitCode, formatBytes, OnwardError } from '../../../model/index.ts';
import type { ConnectionFailure } from './connection-failure.ts';

const WHAT: Readonly<Record<ConnectionFailure, { readonly code: string; readonly is: string; readonly hint: string }>> =
  {
    'unknown-host-key': {
      code: 'ssh.unknown-host',
      is: 'its host key is not known here',
      hint: 'and compare the key with the one that the host has',
    },
    'changed-host-key': {
      code: 'ssh.unknown-host',
      is: 'its host key is not the one that is known here',
      hint: 'and find out why the key has changed before you trust the new one',
    },
    'refused-login': {
      code: 'ssh.refused-login',
      is: 'it lets nobody in with the keys that ssh has here',
      hint: 'without a password, which Onward never asks for',
    },
    'no-such-host': {
      code: 'ssh.unreachable',
      is: 'its name leads to no address',
      hint: 'once DNS or the configuration of ssh knows that name',
    },
    unreachable: { code: 'ssh.unreachable', is: 'it cannot be connected to', hint: 'to see why' },
    lost: { code: 'ssh.connection-lost', is: 'the connection was lost', hint: 'to see whether it answers' },
  };

/** Of a lost connection nobody knows here whether the action has happened; all of them can be repeated. */
export function connectionFailed(options: {
  readonly host: string;
  readonly action: string;
  readonly failure: ConnectionFailure;
  readonly command: string;
  readonly said: string;
}): OnwardError {
  const { host, action, failure, command, said } = options;
  const { code, is, hint } = WHAT[failure];
  return new OnwardError({
    code,
    message: `Could not ${action} on ${host}: ${is}.`,
    hint: `Log in with "${command}" ${hint}, then run the same command again.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
    ...(said === '' ? {} : { detail: said }),
  });
}

export function timedOut(host: string, action: string, limitMs: number): OnwardError {
  return new OnwardError({
    code: 'ssh.timed-out',
    message: `Could not ${action} on ${host}: it was not done within ${Math.round(limitMs / 1000)} s.`,
    hint: `Look at what ${host} is busy with, then run the same command again.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function scriptFailed(failed: {
  readonly host: string;
  readonly action: string;
  readonly exitCode: number | null;
  readonly said: string;
}): OnwardError {
  const { host, action, exitCode, said } = failed;
  return new OnwardError({
    code: 'ssh.failed',
    message: `Could not ${action} on ${host}: a command there ended with exit code ${exitCode}.`,
    hint: `Mend what it says below on ${host}, then run the same command again.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
    ...(said === '' ? {} : { detail: said }),
  });
}

export function notRoot(host: string): OnwardError {
  return unsuitable(host, 'ssh logs in as a user that is not root and cannot become root by "sudo -n"');
}

/** Something that Onward cannot do without is not so on a host. */
export function unsuitable(host: string, why: string): OnwardError {
  return new OnwardError({
    code: 'ssh.unsuitable-host',
    message: `Could not use host ${host}: ${why}.`,
    hint: `Mend it on ${host}, then run the same command again.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function hostBusy(host: string, action: string): OnwardError {
  return new OnwardError({
    code: 'ssh.busy',
    message: `Could not ${action} on ${host}: something else of this deployment is being changed there, for longer than it may take.`,
    hint: 'Run "onward status" to see whether another operator is at work, then run the same command again.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function noRoomOnHost(
  host: string,
  action: string,
  room?: { readonly needed: number; readonly free: number },
): OnwardError {
  const what = room
    ? `it needs ${formatBytes(room.needed)}, and ${formatBytes(room.free)} are free`
    : 'the disk is full';
  return new OnwardError({
    code: 'ssh.no-room',
    message: `Could not ${action} on ${host}: ${what}.`,
    hint: `Make room on the file system of Onward's folder on ${host}, then run the same command again.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function wrongArtifact(host: string, service: string, why: string): OnwardError {
  return new OnwardError({
    code: 'ssh.wrong-artifact',
    message: `Could not stage ${service} on ${host}: what arrived is not what was sent, ${why}.`,
    hint: `Run the same command again; look at the disk of ${host} when it happens twice.`,
    state: 'unchanged',
    exit: ExitCode.needsOperator,
  });
}

export function noDocker(host: string, why: string): OnwardError {
  return new OnwardError({
    code: 'ssh.no-docker',
    message: `Could not use Docker on ${host}: ${why}.`,
    hint: `Run "docker info" on ${host} as root to see why, mend it, then run the same command again.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function noUnit(host: string, unit: string): OnwardError {
  return new OnwardError({
    code: 'ssh.no-unit',
    message: `Could not start ${unit} on ${host}: systemd has no such unit there.`,
    hint: `Run "onward provision --host ${host}" to write one.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function unitChanged(host: string, unit: string): OnwardError {
  return new OnwardError({
    code: 'ssh.unit-changed',
    message: `Could not take over ${unit} on ${host}: it has stopped, or was started by Onward, since it was compared.`,
    hint: `Look at it on ${host} with "systemctl status", then run the same command again.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function noPort(host: string, id: string): OnwardError {
  return new OnwardError({
    code: 'ssh.no-port',
    message: `Could not start instance ${id} on ${host}: none of the ports in onward.yaml is free there.`,
    hint: 'Give the service a wider range of ports in onward.yaml, or free one of them.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function stillEnding(host: string, id: string): OnwardError {
  return new OnwardError({
    code: 'ssh.still-ending',
    message: `Could not stop instance ${id} on ${host}: systemd has not ended it within its grace period.`,
    hint: `Look at it on ${host} with "systemctl status", then run the same command again.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

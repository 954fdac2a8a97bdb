import { ExitCode, type Listen, OnwardError } from '../../../model/index.ts';

export function portInUse({ host, port }: Listen, cause: unknown): OnwardError {
  return new OnwardError({
    code: 'switch.port-in-use',
    message: `Could not listen on ${host}:${port}: another process uses that port.`,
    hint: `Find its owner with "ss -ltnp 'sport = :${port}'", stop it or change the service's switch in onward.yaml, then run the same command again.`,
    state: 'unchanged',
    exit: ExitCode.usage,
    cause,
  });
}

export function cannotListen({ host, port }: Listen, cause: unknown): OnwardError {
  return new OnwardError({
    code: 'switch.cannot-listen',
    message: `Could not listen on ${host}:${port}: ${reasonOf(cause)}.`,
    hint: `Change the address in the service's switch in onward.yaml, then run the same command again.`,
    state: 'unchanged',
    exit: ExitCode.usage,
    cause,
  });
}

export function unknownService(service: string): OnwardError {
  return new OnwardError({
    code: 'switch.unknown-service',
    message: `Could not change the traffic of ${service}: the switch has no frontend for it.`,
    hint: 'Run "onward status", then the same command again; it opens the frontend first.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function notRunning(): OnwardError {
  return new OnwardError({
    code: 'switch.not-running',
    message: 'Could not reach the switch: it does not run.',
    hint: 'Run the same command again; it starts the switch first.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function notStarted(log: string, tail: string): OnwardError {
  return new OnwardError({
    code: 'switch.not-started',
    message: 'Could not start the switch: it ended before it answered.',
    hint: `Read ${log}, mend the cause, then run the same command again.`,
    state: 'unchanged',
    exit: ExitCode.needsOperator,
    ...(tail === '' ? {} : { detail: tail }),
  });
}

export function notAnswering(socket: string, cause: unknown): OnwardError {
  return new OnwardError({
    code: 'switch.not-answering',
    message: `Could not talk to the switch: no answer on ${socket} (${reasonOf(cause)}).`,
    hint: `Find its process with "ss -lxp src ${socket}", end it if it hangs, then run the same command again.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
    cause,
  });
}

/** Only seen by a caller that does not ask again: a successor answers from now on. */
export function handedOver(): OnwardError {
  return new OnwardError({
    code: 'switch.handed-over',
    message: 'Could not answer: another process is the switch now.',
    hint: 'Run the same command again.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function handOverFailed(program: string, reason: string): OnwardError {
  return new OnwardError({
    code: 'switch.hand-over-failed',
    message: `Could not hand the switch over to ${program}: ${reason}. The old switch goes on.`,
    hint: 'Read switch.log in the state directory, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.needsOperator,
  });
}

export function unconfirmed(process: number): OnwardError {
  return new OnwardError({
    code: 'switch.unconfirmed',
    message: `Could not confirm the traffic: process ${process}, which still serves connections from before a hand-over, does not answer.`,
    hint: `Run the same command again; if it stays so, end process ${process}.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function badRequest(problem: string): OnwardError {
  return new OnwardError({
    code: 'switch.bad-request',
    message: `Could not read the request to the switch: ${problem}.`,
    hint: 'Use the same version of onward that started the switch, or hand the switch over to this version.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function unreadableState(path: string, problem: string): OnwardError {
  return new OnwardError({
    code: 'switch.unreadable-state',
    message: `Could not read the state of the switch: ${path} is not what the switch wrote (${problem}).`,
    hint: `Remove ${path}, then run "onward upgrade"; it sets the traffic again from the instances that run.`,
    state: 'needs-operator',
    exit: ExitCode.needsOperator,
  });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

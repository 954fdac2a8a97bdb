import { ExitCode, OnwardError } from '../../model/index.ts';
import type { PostgresError } from '../../system/index.ts';

export function quarantineFenced(epoch: number): OnwardError {
  return new OnwardError({
    code: 'contract.quarantine-fenced',
    message: `Could not begin the quarantine: epoch ${epoch} is stale, another run has taken over. No privilege has changed.`,
    hint: 'Run "onward status" to see what the other run does.',
    state: 'unchanged',
    exit: ExitCode.leaseLost,
  });
}

export function quarantineRefused(error: PostgresError): OnwardError {
  return new OnwardError({
    code: 'contract.quarantine-refused',
    message: `Could not begin the quarantine: the server said "${error.message}" (${error.code}). No privilege has changed.`,
    hint: 'Let the role of Onward act for the owner of the tables and for whoever passed privileges on, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.findings,
    cause: error,
  });
}

export function quarantineInexact(tables: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'contract.quarantine-inexact',
    message: `Could not begin the quarantine: the privileges on ${tables.join(', ')} would not have been exactly as planned. No privilege has changed.`,
    hint: 'Run the same command again; if somebody is changing privileges there, wait until that is done.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function quarantineNotUndone(undo: string, error: Error): OnwardError {
  return new OnwardError({
    code: 'contract.quarantine-not-undone',
    message: `Could not end the quarantine: ${error.message}. The privileges are still taken.`,
    hint: 'Mend that and run the same command again, or run this statement as a superuser:',
    state: 'needs-operator',
    exit: ExitCode.needsOperator,
    detail: undo,
    cause: error,
  });
}

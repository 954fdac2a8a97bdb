import { ExitCode, OnwardError } from '../model/index.ts';
import type { Instance } from './runtimes/runtime.ts';

/** What a failed instance leaves for the person who looks at it. */
interface FailedInstance {
  readonly service: string;
  readonly instance: string;
  /** As of an instance. */
  readonly log: string | undefined;
  /** The last lines it wrote. */
  readonly tail: readonly string[];
}

export function neverReady(
  failed: FailedInstance & { readonly evidence: string; readonly limitMs: number },
): OnwardError {
  return failure(
    failed,
    'deploy.never-ready',
    `${failed.instance} did not become ready within ${failed.limitMs / 1000} s, ${failed.evidence}`,
  );
}

export function endedEarly(failed: FailedInstance & { readonly exit: Instance['exit'] | undefined }): OnwardError {
  return failure(
    failed,
    'deploy.ended-early',
    `${failed.instance} became ready and then ended${describeExit(failed.exit)}`,
  );
}

export function oneShotFailed(failed: FailedInstance & { readonly exit: Instance['exit'] | undefined }): OnwardError {
  return failure(
    failed,
    'deploy.one-shot-failed',
    `${failed.instance} did not run to a good end${describeExit(failed.exit)}`,
  );
}

export function noFrontend(service: string): OnwardError {
  return new OnwardError({
    code: 'deploy.no-frontend',
    message: `Could not change the traffic of ${service}: the switch does not run or has no frontend for it.`,
    hint: 'Run "onward doctor" to see what the switch does.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

function failure(failed: FailedInstance, code: string, what: string): OnwardError {
  return new OnwardError({
    code,
    message: `Could not roll ${failed.service}: ${what}.`,
    hint: describeLog(failed),
    state: 'resumable',
    exit: ExitCode.needsOperator,
    ...(failed.tail.length === 0
      ? {}
      : { detail: [`Last output of ${failed.instance}:`, ...failed.tail.map((line) => `  ${line}`)].join('\n') }),
  });
}

function describeLog({ service, instance, log }: FailedInstance): string {
  if (log === undefined) return `Read all that it wrote in .onward/instances/${service}/${instance}/output.log.`;
  if (!log.startsWith('docker ')) return `Run "${log}" to read all that it wrote.`;
  return `Read what it wrote in .onward/runs/*/${instance}.log; as long as its container is there, run "${log}".`;
}

function describeExit(exit: Instance['exit'] | undefined): string {
  if (!exit) return '';
  return exit.signal ? ` (${exit.signal})` : ` (exit code ${exit.code})`;
}

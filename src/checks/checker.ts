import { assertNever, type Check } from '../model/index.ts';
import type { CheckContext, Outcome } from './check.ts';
import { probeCommand } from './command.ts';
import { probeHttp } from './http.ts';
import { probeRedis } from './redis.ts';
import { probeSql } from './sql.ts';
import { probeTcp } from './tcp.ts';

export interface CheckObservation extends Outcome {
  readonly name: string;
  readonly durationMs: number;
}

export interface Checker {
  /** Looks once, within the check's limit. A target that fails or cannot be reached is an observation, never an error. */
  observe(check: Check): Promise<CheckObservation>;
}

export function createChecker(
  system: CheckContext['system'],
  options: Pick<CheckContext, 'databases' | 'resolveSecret'>,
): Checker {
  const context: CheckContext = { system, ...options };
  return {
    async observe(check) {
      const startMs = system.clock.monotonicMs();
      const outcome = await probe(context, check).catch((error: unknown) => ({
        ok: false,
        evidence: describeError(error),
      }));
      const durationMs = Math.round(system.clock.monotonicMs() - startMs);
      return { name: check.name, ...outcome, evidence: system.redaction.apply(outcome.evidence), durationMs };
    },
  };
}

function probe(context: CheckContext, check: Check): Promise<Outcome> {
  switch (check.kind) {
    case 'http':
      return probeHttp(context, check);
    case 'sql':
      return probeSql(context, check);
    case 'tcp':
      return probeTcp(context, check);
    case 'command':
      return probeCommand(context, check);
    case 'redis':
      return probeRedis(context, check);
    default:
      return assertNever(check);
  }
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A name with several addresses fails with an error that has no message of its own.
  const inner = (error as { readonly errors?: readonly Error[] }).errors?.[0];
  return (error.message || inner?.message || error.name).replace(/\.$/, '');
}

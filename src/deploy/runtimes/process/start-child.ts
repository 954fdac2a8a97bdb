import type { System } from '../../../system/index.ts';
import type { InstanceSpec } from '../runtime.ts';
import { childArgv, childEnvironment } from './child-process.ts';
import { choosePort } from './choose-port.ts';
import { pathsOf, writeRecord } from './instance-folder.ts';
import type { InstanceRecord } from './instance-record.ts';
import { type SupervisedChild, watchOwnChild } from './supervised-child.ts';

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

export interface StartChildOptions {
  readonly folder: string;
  readonly spec: InstanceSpec;
  /** What is remembered so far. */
  readonly record: InstanceRecord;
  /** The Node that `node` in a command means. */
  readonly node: string;
  /** Called right before the program is let run; when it throws, the program never runs. */
  readonly assertMayRun: () => Promise<void>;
}

/**
 * Starts the process of an instance. Its identity is on disk before its program can run, and when this process ends in between,
 * the program never runs; so there is no moment at which a second one could be started beside it. When it throws, no process is
 * left, and what is on disk may name one that has ended.
 */
export async function startChild(
  system: System,
  options: StartChildOptions,
): Promise<{ readonly child: SupervisedChild; readonly record: InstanceRecord }> {
  const { folder, spec, record } = options;
  const address = { host: '127.0.0.1', port: await choosePort(system, record.address?.port) };
  const gated = await system.processes.startGated({
    argv: childArgv(spec, options.node),
    cwd: spec.artifact,
    environment: childEnvironment(spec, address, system.environment),
    logFile: pathsOf(folder).log,
    logLimitBytes: LOG_LIMIT_BYTES,
  });
  try {
    // How the last one ended is told for as long as this one runs in its place; what was asked for anew has not ended yet.
    const exit = record.restarts > 0 ? record.exit : undefined;
    const startedAt = system.clock.now().toISOString();
    const started: InstanceRecord = { ...record, exit, child: gated.identity, address, startedAt };
    await writeRecord(system, folder, started);
    await options.assertMayRun();
    gated.release();
    const running: InstanceRecord = { ...started, hasRun: true };
    if (!record.hasRun) await writeRecord(system, folder, running);
    return { child: watchOwnChild(system, gated), record: running };
  } catch (error) {
    gated.abandon();
    // It may have been let run already.
    system.processes.signalGroup(gated.identity, 'SIGKILL');
    await gated.ended;
    throw error;
  }
}

import { type Clock, createClock } from './clock.ts';
import { createExec, type Exec } from './exec.ts';
import { createFiles, type Files } from './files.ts';
import { createHttp, type Http } from './http.ts';
import { createLog, type Log, type LogEvent } from './log.ts';
import { createPostgres, type Postgres } from './postgres.ts';
import { createProcesses, type Processes } from './processes.ts';
import { createRandom, type Random } from './random.ts';
import { createRedaction, type Redaction } from './redaction.ts';

/** Everything that touches the world. Made once by an entry point, passed first. */
export interface System {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly exec: Exec;
  readonly processes: Processes;
  readonly http: Http;
  readonly postgres: Postgres;
  readonly log: Log;
  readonly redaction: Redaction;
  /** The environment of the entry point, read in one place. */
  readonly environment: { readonly [name: string]: string | undefined };
}

export function createSystem(options: {
  readonly environment: System['environment'];
  readonly onEvent: (event: LogEvent) => void;
}): System {
  const redaction = createRedaction();
  const clock = createClock();
  const random = createRandom();
  return {
    clock,
    random,
    redaction,
    files: createFiles(),
    exec: createExec(),
    processes: createProcesses(),
    http: createHttp(),
    postgres: createPostgres(clock),
    log: createLog(redaction, options.onEvent),
    environment: options.environment,
  };
}

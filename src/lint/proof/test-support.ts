import {
  type ConnectionTarget,
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  type System,
  startEmbeddedPostgres,
} from '../../system/index.ts';
import type { RecordedStatement } from '../record/statements-file.ts';
import { type ProofOptions, proveStatements } from './prove-statements.ts';
import type { ProofReport, ProvenStatement } from './report.ts';

/** A real server for one test file; each proof gets databases of its own. */
export interface ProofServer {
  readonly system: System;
  readonly server: EmbeddedPostgres;
  /** A new database in which this was run. */
  createDatabase(sql: string): Promise<ConnectionTarget>;
  prove(proof: ProofInput): Promise<ProofReport>;
  /** The one statement, judged. */
  judge(proof: Omit<ProofInput, 'statements'> & { readonly sql: string }): Promise<ProvenStatement>;
  close(): Promise<void>;
}

export interface ProofInput extends Pick<ProofOptions, 'minimumCoverage'> {
  readonly before: string;
  /** Run on top of `before`. */
  readonly change?: string;
  readonly statements: readonly (string | (Partial<RecordedStatement> & { readonly sql: string }))[];
}

export async function startProofServer(
  options: Parameters<typeof startEmbeddedPostgres>[0] = {},
): Promise<ProofServer> {
  const system = createSystem({ environment: {}, onEvent: () => {} });
  const server = await startEmbeddedPostgres({ isDurable: false, ...options });
  const targetOf = (name: string) =>
    resolveConnectionTarget({ url: `${server.url}/${name}`, origin: 'the test', environment: {} });
  const run = async (database: string, sql: string): Promise<void> => {
    const session = await system.postgres.connect(await targetOf(database), { applicationName: 'test' });
    await session.query(sql).finally(() => session.close());
  };
  let count = 0;
  const createDatabase: ProofServer['createDatabase'] = async (sql) => {
    count += 1;
    await run('postgres', `create database proof${count}`);
    if (sql !== '') await run(`proof${count}`, sql);
    return targetOf(`proof${count}`);
  };
  const prove: ProofServer['prove'] = async ({ before, change = '', statements, ...rest }) => {
    const targets = { before: await createDatabase(before), after: await createDatabase(`${before};${change}`) };
    const recorded = statements.map((given) => ({ calls: 1, ...(typeof given === 'string' ? { sql: given } : given) }));
    return proveStatements(system, { ...targets, statements: recorded, ...rest });
  };
  return {
    system,
    server,
    createDatabase,
    prove,
    async judge({ sql, ...proof }) {
      const { statements } = await prove({ ...proof, statements: [sql] });
      const [only] = statements;
      if (!only) throw new Error('Nothing was judged');
      return only;
    },
    close: () => server.remove(),
  };
}
